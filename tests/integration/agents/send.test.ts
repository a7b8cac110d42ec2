import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processAll, testAgent, testEvent, type TestAgent } from '../../support/agents.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { serveIngest } from '../../support/ingest-server.ts';
import { haveTool } from '../../support/required-tools.ts';

let database: TestDatabase;
let agent: TestAgent;
let folder: string;
beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
  folder = await mkdtemp(join(tmpdir(), 'golive-send-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database[Symbol.asyncDispose]();
});

const stored = () => database.db.auditEvent.count({ where: { source: 'agent' } });

function send(args: string[], { key = agent.secret, input = JSON.stringify(testEvent()) } = {}) {
  return command('node', ['scripts/agent/send.ts', ...args], { env: { GOLIVE_AGENT_KEY: key }, input });
}

test('agent:send delivers a file, names bad lines, and sending it again stores nothing twice', async () => {
  await using server = await serveIngest(database.db);
  const file = join(folder, 'events.ndjson');
  const withoutId = { ...testEvent(), id: undefined };
  const lines = [testEvent(), withoutId, testEvent()].map((event) => JSON.stringify(event));
  await writeFile(file, [...lines, '{"broken', ''].join('\n'));
  const run = () => send(['--file', file, '--origin', server.origin, '--batch', '2', '--json']);
  const before = await stored();
  const first = await run();
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('line 4:') as string });
  expect(JSON.parse(first.stdout)).toEqual({ events: 4, accepted: 3, refused: 1, batches: 2 });
  expect(first.stderr).toContain('sent 2 events in 1 requests, 0 refused');
  expect(first.stderr).toContain('sent 4 events in 2 requests, 1 refused');
  await run();
  await processAll(database.db);
  expect((await stored()) - before).toBe(3);
});

test('agent:send: wrong use, a rejected key and an unreachable server', async () => {
  await using server = await serveIngest(database.db);
  expect((await send(['--help'])).code).toBe(0);
  for (const wrong of [[], ['--file', '-', '--batch', '1001'], ['--file', '-', '--retries', 'many'], ['--fiel', '-']])
    expect((await send(wrong)).code, wrong.join(' ')).toBe(2);
  expect(await send(['--file', '-'], { key: '' })).toMatchObject({ code: 2 });
  expect(await send(['--file', '-', '--origin', server.origin], { key: 'glk_wrong' })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('401') as string,
  });
  const away = await send(['--file', '-', '--origin', 'http://127.0.0.1:9', '--retries', '1']);
  expect(away).toMatchObject({ code: 3, stderr: expect.stringContaining('gave up after 2 tries') as string });
});

test('agent:send honours Retry-After, retries after a broken connection, and reports it', async () => {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    asked.push(Date.now());
    if (asked.length === 1) response.writeHead(429, { 'Retry-After': '1' }).end('{"detail":"Too much."}');
    else if (asked.length === 2) request.destroy();
    else response.writeHead(202).end('{"batchId":"b","received":1,"accepted":1,"errors":[]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = await send(['--file', '-', '--origin', `http://127.0.0.1:${port}`]);
  server.close();
  expect(sent).toMatchObject({ code: 0, stdout: '1 accepted, 0 refused\n' });
  expect(sent.stderr.split('\n')).toMatchObject([
    '429 Too much.; again in 1000 ms',
    expect.stringMatching(/; again in \d+ ms$/),
    'sent 1 events in 1 requests, 0 refused',
    '',
  ]);
  const [first = 0, second = 0] = asked;
  expect(second - first, 'timers may be a little early').toBeGreaterThan(900);
});

test('the commands of docs/agents.md do what it says', async () => {
  const [curl = '', agentSend = ''] = [
    ...(await readFile('docs/agents.md', 'utf8')).matchAll(/```bash\n(.+?)```/gs),
  ].map(([, code]) => code);
  if (!haveTool('curl', 'the curl example of docs/agents.md')) return;
  await using server = await serveIngest(database.db);
  const env = { ORIGIN: server.origin, GOLIVE_AGENT_KEY: agent.secret };
  const before = await stored();
  expect(await command('sh', ['-ec', curl], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^HTTP\/1.1 202.*"batchId"/s) as string,
  });
  await writeFile(join(folder, 'doc.ndjson'), JSON.stringify(testEvent()));
  const real = agentSend.replace('glk_…', agent.secret).replace('events.ndjson', join(folder, 'doc.ndjson'));
  expect(await command('sh', ['-ec', real], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 accepted, 0 refused') as string,
  });
  await processAll(database.db);
  expect((await stored()) - before).toBe(2);
});
