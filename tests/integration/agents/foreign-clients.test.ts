import { afterAll, beforeAll, expect, test } from 'vitest';
import { processAll, testAgent, type TestAgent } from '../../support/agents.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { everyLanguage, goPrograms, pythonPrograms, type ForeignPrograms } from '../../support/other-languages.ts';
import { serveIngest } from '../../support/ingest-server.ts';

let database: TestDatabase;
let agent: TestAgent;
beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
});
afterAll(() => database[Symbol.asyncDispose]());

/** Blanks, quotes, and characters of two, three and four bytes. */
const SUBJECT = 'Größe "x" \\ € 😀, z';

interface Sdk {
  name: string;
  prefix: string;
  subject: string;
  /** Digits of a second as it sends them. */
  fraction: string;
  programs: (promise: string) => ForeignPrograms | null;
}

const SDKS: Sdk[] = [
  { name: 'Python', prefix: 'py', subject: `${SUBJECT} 100%25`, fraction: '123456', programs: pythonPrograms },
  // This one does not percent-encode, so a percent sign of its own would be read as the binding says.
  { name: 'Go', prefix: 'go', subject: SUBJECT, fraction: '123456789', programs: goPrograms },
];

test.each(SDKS.filter(({ name }) => everyLanguage || name !== 'Go'))(
  'what the CloudEvents SDK for $name sends in each mode is stored as it meant it',
  async ({ name, prefix, subject, fraction, programs }) => {
    const program = programs(`the CloudEvents SDK for ${name} as a client`);
    if (program === null) return;
    await using server = await serveIngest(database.db);
    const [file, args] = program('send');
    const now = new Date().toISOString();
    const env = { ORIGIN: server.origin, KEY: agent.secret, SUBJECT: subject, NOW: now };
    const sent = await command(file, args, { env });
    expect(sent, sent.stderr).toMatchObject({ code: 0 });
    const lines = sent.stdout.trim().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line.trim()).toMatch(/ 202$/);
    await processAll(database.db);
    const stored = await database.db.auditEvent.findMany({ where: { idempotencyKey: { startsWith: `${prefix}-` } } });
    expect(stored.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual(
      ['batch-0', 'batch-1', 'binary', 'bytes', 'structured'].map((id) => `${prefix}-${id}`),
    );
    for (const { metadata, actorLabel, createdAt } of stored) {
      expect(actorLabel).toBe('Größe 😀');
      const { event } = metadata as { event: { subject: string; time: string } };
      expect(event.subject).toBe(subject);
      // The log orders by milliseconds; the digits behind them are kept too.
      expect(createdAt.getUTCMilliseconds()).toBe(123);
      expect(event.time).toMatch(new RegExp(`\\.${fraction}(Z|\\+00:00)$`));
    }
  },
  400_000,
);
