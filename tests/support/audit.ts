import { execute } from '../../scripts/support/postgres.ts';

/** What `generate_series` makes of a number `n`; any column may be replaced by another SQL expression over `n`. */
const COLUMNS = {
  id: 'gen_random_uuid()',
  createdAt: `date_trunc('milliseconds', timestamptz '2026-01-01' + n * interval '1 second')`,
  action: `(ARRAY['auth.sign_in','auth.sign_out','audit.read','access.denied'])[1 + n % 4]`,
  outcome: `CASE WHEN n % 50 = 0 THEN 'denied' WHEN n % 20 = 0 THEN 'failure' ELSE 'success' END`,
  actorType: `'user'`,
  actorId: `'user-' || n % 100`,
  actorLabel: `'person' || n % 100 || '@example.org'`,
  actorRole: `'user'`,
  targetType: `'user'`,
  targetId: `'target-' || n % 500`,
  source: `(ARRAY['web','api','worker'])[1 + n % 3]`,
  ip: `'192.0.2.' || n % 250`,
  requestId: `'request-' || n`,
};

export type EventColumns = Partial<Record<keyof typeof COLUMNS, string>>;

/** The statement that writes `rows` events inside the server; it needs no round trip a row. */
export function insertEvents(rows: number, columns: EventColumns = {}): string {
  const all = { ...COLUMNS, ...columns };
  const names = Object.keys(all).map((name) => `"${name}"`);
  return `INSERT INTO "AuditEvent" (${names.join(', ')})
    SELECT ${Object.values(all).join(', ')} FROM generate_series(1, ${rows}) n`;
}

export const writeEvents = (url: string, rows: number, columns?: EventColumns): Promise<void> =>
  execute(url, insertEvents(rows, columns));
