import { expect, test } from 'vitest';
import { readBatch } from '#lib/agents/batches.ts';
import { unwrap, processAll, testAgent } from '../../support/agents.ts';
import { command } from '../../support/command.ts';
import { freshDatabase } from '../../support/database.ts';
import { deadLetter } from '../../support/dead-letter.ts';
import { TEST_SECRET } from '../../support/worker.ts';

const redrive = (databaseUrl: string, ...args: string[]) =>
  command('node', ['scripts/agent/ingest/redrive.ts', ...args], {
    env: { DATABASE_URL: databaseUrl, NEXTAUTH_SECRET: TEST_SECRET },
  });

test('agent:ingest:redrive gives every dead letter back, once, and the audit log says who', async () => {
  await using database = await freshDatabase();
  const agent = await testAgent(database.db);
  const batches = [await deadLetter(database.db, agent), await deadLetter(database.db, agent)];
  const dry = await redrive(database.appUrl, '--dry-run', '--json');
  expect([dry.code, JSON.parse(dry.stdout)]).toEqual([0, { waiting: 2, redriven: 0 }]);
  const wet = await redrive(database.appUrl, '--json');
  expect([wet.code, JSON.parse(wet.stdout)]).toEqual([0, { waiting: 2, redriven: 2 }]);
  expect(await redrive(database.appUrl)).toMatchObject({ code: 0, stdout: '0 dead letters given back\n' });

  const jobs = await database.db.$queryRaw<{ batch: string }[]>`
    SELECT data->>'batchId' AS batch FROM pgboss.job WHERE name = 'agent-ingest' AND state = 'created'`;
  expect(jobs.map(({ batch }) => batch).sort()).toEqual(batches.toSorted());
  await processAll(database.db);
  for (const batchId of batches)
    expect(unwrap(await readBatch(database.db, agent.id, batchId))).toMatchObject({ state: 'done', stored: 1 });
  const told = await database.db.auditEvent.findMany({ where: { action: 'agent_admin.redriven' } });
  expect(told).toMatchObject([
    { actorType: 'system', actorId: 'agent:ingest:redrive', source: 'cli', metadata: { batches: 2 } },
  ]);
});

test('agent:ingest:redrive: help, wrong use and an unreachable database', async () => {
  const away = 'postgres://nobody@127.0.0.1:9/none';
  expect(await redrive(away, '--help')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--dry-run') as string,
  });
  for (const [code, args] of [
    [2, ['--jsno']],
    [1, ['--json']],
  ] as const) {
    const { stdout, stderr, ...ended } = await redrive(away, ...args);
    expect(ended).toEqual({ code });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^agent:ingest:redrive: [^\n]+\n$/);
  }
});
