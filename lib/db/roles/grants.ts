import { QUEUE_SCHEMA } from './schemas.ts';

/** What a right is on: `name` as PostgreSQL writes it, with its schema. */
export interface Granted {
  kind: 'SCHEMA' | 'TABLE' | 'ROUTINE';
  name: string;
}

/** What each process may do with one thing of ours. What stands nowhere here is not granted. */
export interface Grant extends Granted {
  web: readonly string[];
  worker: readonly string[];
}

const NONE: readonly string[] = [];
const READ = ['SELECT'];
const ADD = ['SELECT', 'INSERT'];
const CALL = ['EXECUTE'];

/** A name as the catalogue's `quote_ident` writes it. */
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

/** Worded alike in every row: a schema is entered, its contents have rights of their own. */
const schema = (name: string): Grant => ({ kind: 'SCHEMA', name, web: ['USAGE'], worker: ['USAGE'] });

/**
 * The rights of web and worker, and nothing beside them: applied by every migration, compared by `db:status`. The prune logs in as the worker.
 * Where one user serves all processes it has both columns. The queue's own tables are in `QUEUE_GRANTS`.
 */
export const GRANTS: readonly Grant[] = [
  schema('public'),
  schema(QUEUE_SCHEMA),
  // People. Whoever takes over the worker reads no password hash, ends no session and makes no administrator; and nobody deletes a person.
  table('User', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('Identity', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('Session', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], NONE),
  table('PasswordReset', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], NONE),
  table('SignInThrottle', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], NONE),
  // The log and what proves it. What is written is never changed, and the process that answers the internet has no hand in the proof.
  table('AuditEvent', ADD, ADD),
  table('AuditPending', READ, READ),
  table('AuditChain', READ, READ),
  table('AuditTombstone', READ, READ),
  table('AuditHold', READ, READ),
  table('AuditPolicy', READ, READ),
  table('AuditAnchor', READ, ADD),
  table('AuditPrune', READ, ADD),
  table('AuditVerification', READ, ADD),
  table('AuditStream', READ, ['SELECT', 'INSERT', 'UPDATE']),
  table('AuditDeadLetter', READ, ADD),
  // Agents. Keys are web's; the worker empties the batches that web has accepted.
  table('Agent', ['SELECT', 'INSERT', 'UPDATE'], READ),
  table('AgentKey', ['SELECT', 'INSERT', 'UPDATE'], NONE),
  table('AgentBatch', ADD, ['SELECT', 'UPDATE', 'DELETE']),
  table('AgentEventKey', READ, ['SELECT', 'INSERT', 'DELETE']),
  table('_prisma_migrations', READ, READ),
  table('_postgres_migrations', READ, READ),
  routine('audit_ensure_partitions(integer)', CALL, CALL),
  routine('audit_seal(integer)', NONE, CALL),
  routine('audit_drop_partition(text,uuid,text)', NONE, CALL),
  routine('audit_delete_events(uuid[],timestamp with time zone[],uuid,text)', NONE, CALL),
  routine('audit_drop_chain_head()', NONE, CALL),
];

/** Every table and routine of the queue's schema, whose names are those of pg-boss: rows, and no change of the schema. */
export const QUEUE_GRANTS = {
  TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  ROUTINE: CALL,
} as const;

/** Who holds the rights. Names may be equal: of one user for both processes, and of a user that is its own role. */
export interface AppRoles {
  /** Holds what both processes may do. */
  app: string;
  web: string;
  worker: string;
}

/** One right of one role. */
export interface Right extends Granted {
  role: string;
  privilege: string;
}

/**
 * Deals a table of grants out to the roles: with one user for both processes everything goes to `app`; otherwise `app`, where it is a role
 * apart, gets what both have, and each user the rest of its own.
 */
export function dealt(grants: readonly Grant[], { app, web, worker }: AppRoles): Right[] {
  return grants.flatMap(({ kind, name, ...of }) => {
    const right = (role: string) => (privilege: string) => ({ kind, name, role, privilege });
    const all = [...new Set([...of.web, ...of.worker])];
    if (web === worker) return all.map(right(app));
    const apart = app !== web && app !== worker;
    const shared = (privilege: string) => apart && of.web.includes(privilege) && of.worker.includes(privilege);
    return [
      ...all.filter(shared).map(right(app)),
      ...of.web.filter((privilege) => !shared(privilege)).map(right(web)),
      ...of.worker.filter((privilege) => !shared(privilege)).map(right(worker)),
    ];
  });
}
