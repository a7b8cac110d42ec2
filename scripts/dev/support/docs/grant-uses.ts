/** A privilege as `VERB object`, where the object is a table or a routine of the schema public without its arguments, or a schema. */
type Use = `${'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'EXECUTE' | 'USAGE'} ${string}`;

/**
 * For each privilege one flow that fails without it. `tests/integration/db/grant-uses.test.ts` runs each flow with its privileges and without
 * any one of them, and compares the whole with `lib/db/roles/grants.ts`: a privilege that nothing needs is not granted.
 */
export const GRANT_USES = {
  web: {
    'reading what migrations are applied': ['USAGE public', 'SELECT _prisma_migrations', 'SELECT _postgres_migrations'],
    'a sign-in with a password': [
      ...(['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const).map((verb): Use => `${verb} SignInThrottle`),
      ...(['SELECT', 'INSERT', 'DELETE'] as const).map((verb): Use => `${verb} Session`),
    ],
    'a sign-in with an identity provider': ['SELECT User', 'SELECT Identity', 'INSERT Identity'],
    'a sign-in by a link from before issuers': ['UPDATE Identity'],
    'a sign-out': ['UPDATE Session'],
    'adding a user': [
      'INSERT User',
      'UPDATE User',
      'SELECT PasswordReset',
      'INSERT PasswordReset',
      'DELETE PasswordReset',
    ],
    'a new password by a link': ['UPDATE PasswordReset'],
    'the page of the log': ['SELECT AuditEvent', 'INSERT AuditEvent'],
    'an export of the log': ['SELECT AuditChain'],
    'the proof of an event': ['SELECT AuditTile', 'SELECT AuditCheckpoint'],
    'the health of the log': [
      'SELECT AuditPending',
      'SELECT AuditHold',
      'SELECT AuditPolicy',
      'SELECT AuditPrune',
      'SELECT AuditVerification',
    ],
    'an agent and its key': [
      ...(['SELECT', 'INSERT', 'UPDATE'] as const).flatMap((verb): Use[] => [`${verb} Agent`, `${verb} AgentKey`]),
    ],
    'events of an agent and their report': ['INSERT AgentBatch', 'SELECT AgentEventKey'],
    'the page of agents': ['USAGE pgboss', 'SELECT AgentBatch'],
    'dead letters given back by an admin': ['EXECUTE agent_requeue_batches'],
  },
  worker: {
    'worker: reading what migrations are applied': [
      'USAGE public',
      'SELECT _prisma_migrations',
      'SELECT _postgres_migrations',
    ],
    'worker: partitions': ['EXECUTE audit_ensure_partitions'],
    'worker: sealing and a checkpoint': [
      'EXECUTE audit_seal',
      'SELECT AuditChain',
      'SELECT AuditTile',
      'SELECT AuditCheckpoint',
      'INSERT AuditCheckpoint',
    ],
    'worker: stream': ['SELECT AuditStream', 'INSERT AuditStream', 'UPDATE AuditStream', 'INSERT AuditDeadLetter'],
    'worker: signals': ['SELECT AuditPending', 'SELECT AuditVerification'],
    'worker: events of an agent': [
      'INSERT AuditEvent',
      'SELECT AgentBatch',
      'UPDATE AgentBatch',
      'SELECT AgentEventKey',
      'INSERT AgentEventKey',
    ],
    'worker: cleaning the tables of agents': [
      'USAGE pgboss',
      'SELECT AuditEvent',
      'DELETE AgentBatch',
      'DELETE AgentEventKey',
    ],
    'command: dead letters given back': ['EXECUTE agent_requeue_batches'],
    'prune: a whole month': [
      'SELECT AuditHold',
      'SELECT AuditPolicy',
      'INSERT AuditPrune',
      'EXECUTE audit_drop_partition',
      'EXECUTE audit_drop_chain_head',
    ],
    'prune: some events of a month': ['EXECUTE audit_delete_events'],
    'verify: what is new': ['SELECT AuditTombstone', 'SELECT AuditPrune', 'INSERT AuditVerification'],
    'verify: the whole log': ['SELECT AuditAnchor'],
  },
} as const satisfies Record<'web' | 'worker', Record<string, readonly Use[]>>;
