/** Schema of pg-boss's tables; `public` is Prisma's. */
export const QUEUE_SCHEMA = 'pgboss';

/** A grantable object; `name` is schema-qualified as PostgreSQL prints it. */
export interface GrantObject {
  kind: 'SCHEMA' | 'TABLE' | 'ROUTINE';
  name: string;
}

/** Privileges of each process on one object. Anything not listed is not granted. */
export interface Grant extends GrantObject {
  web: readonly string[];
  worker: readonly string[];
}

const NONE: readonly string[] = [];
const READ = ['SELECT'];
const ADD = ['SELECT', 'INSERT'];
const CALL = ['EXECUTE'];

/** Quotes a name like PostgreSQL's `quote_ident`. */
const quoted = (name: string) => (/^[a-z_]+$/.test(name) ? name : `"${name}"`);

const table = (name: string, web: readonly string[], worker: readonly string[]): Grant => ({
  kind: 'TABLE',
  name: `public.${quoted(name)}`,
  web,
  worker,
});
const routine = (signature: string, web: readonly string[], worker: readonly string[]): Grant => ({
  kind: 'ROUTINE',
  name: signature,
  web,
  worker,
});

/** USAGE on a schema; its objects have their own grants. */
const schema = (name: string): Grant => ({ kind: 'SCHEMA', name, web: ['USAGE'], worker: ['USAGE'] });

/**
 * The complete privileges of web and worker, reconciled by every migration and compared by
 * `db:status`. The prune uses the worker's role. A single role for all processes has both columns. The queue's tables are in `QUEUE_GRANTS`.
 */
export const GRANTS: readonly Grant[] = [
  schema('public'),
  schema(QUEUE_SCHEMA),
  // Users. A compromised worker cannot read password hashes, end sessions or create admins; and nobody can delete a user.
  table('User', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('Identity', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('Session', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], NONE),
  table('PasswordReset', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], NONE),
  table('SignInThrottle', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], NONE),
  // The audit log and its proof. Rows are never changed, and the internet-facing process cannot write the proof.
  table('AuditEvent', ADD, ADD),
  table('AuditPending', READ, READ),
  table('AuditChain', READ, READ),
  table('AuditTombstone', NONE, READ),
  table('AuditHold', READ, READ),
  table('AuditPolicy', READ, READ),
  table('AuditTile', READ, READ),
  table('AuditCheckpoint', READ, ADD),
  table('AuditAnchor', NONE, READ),
  table('AuditPrune', READ, ADD),
  table('AuditVerification', READ, ADD),
  table('AuditStream', NONE, ['SELECT', 'INSERT', 'UPDATE']),
  table('AuditDeadLetter', NONE, ['INSERT']),
  // Agents. Keys are web's; the worker empties the batches that web has accepted.
  table('Agent', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('AgentKey', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('AgentBatch', ADD, ['SELECT', 'UPDATE', 'DELETE']),
  table('AgentEventKey', READ, ['SELECT', 'INSERT', 'DELETE']),
  table('_prisma_migrations', READ, READ),
  table('_postgres_migrations', READ, READ),
  routine('audit_ensure_partitions(integer)', NONE, CALL),
  routine('audit_seal(integer)', NONE, CALL),
  routine('audit_drop_partition(text,uuid,text)', NONE, CALL),
  routine('audit_delete_events(uuid[],timestamp with time zone[],uuid,text)', NONE, CALL),
  routine('audit_drop_chain_head()', NONE, CALL),
  routine('agent_requeue_batches(uuid[])', CALL, CALL),
];

/** Privileges on pg-boss's tables and routines: data only, no schema changes. */
export const QUEUE_GRANTS = {
  TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  ROUTINE: CALL,
} as const;

/** The roles that hold the privileges. Names may be equal when one role serves several purposes. */
export interface AppRoles {
  /** Holds what both processes may do. */
  app: string;
  web: string;
  worker: string;
}

/** One right of one role. */
export interface Right extends GrantObject {
  role: string;
  privilege: string;
}

/**
 * Assigns the grants to roles: with one user for both processes everything goes to `app`; otherwise `app`, if it is a separate role, gets
 * the common privileges and each user the rest.
 */
export function assignGrants(grants: readonly Grant[], { app, web, worker }: AppRoles): Right[] {
  return grants.flatMap(({ kind, name, ...of }) => {
    const right = (role: string) => (privilege: string) => ({ kind, name, role, privilege });
    const all = [...new Set([...of.web, ...of.worker])];
    if (web === worker) return all.map(right(app));
    const separateRole = app !== web && app !== worker;
    const shared = (privilege: string) => separateRole && of.web.includes(privilege) && of.worker.includes(privilege);
    return [
      ...all.filter(shared).map(right(app)),
      ...of.web.filter((privilege) => !shared(privilege)).map(right(web)),
      ...of.worker.filter((privilege) => !shared(privilege)).map(right(worker)),
    ];
  });
}
