import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PgBoss } from 'pg-boss';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

const tools = haveTool('pg_dump', 'a dump under load does not stop the queue');
let server: ReleaseCluster;
let dir: string;

beforeAll(async () => {
  server = await releaseCluster();
  dir = await scratch('backup-load');
  await server.create('busy');
});

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test.runIf(tools)('a dump under load does not stop the queue: jobs are taken and finished while it runs', async () => {
  const boss = new PgBoss({ connectionString: server.owner('busy'), schema: 'pgboss' });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue('work');
  let dumping = true;
  let during = 0;
  const dump = run('scripts/backup.sh', [join(dir, 'busy.dump')], migrateEnvironment(server, 'busy')).finally(
    () => (dumping = false),
  );
  while (dumping) {
    await boss.send('work', { filler: 'x'.repeat(500) });
    const [job] = await boss.fetch('work');
    await boss.complete('work', job?.id ?? '');
    during++;
  }
  expect(await dump).toMatchObject({ code: 0 });
  expect(during).toBeGreaterThan(10);
  await boss.stop({ graceful: false });
});

test.runIf(tools)(
  'an upload puts the dump before its manifest, and rotation in the bucket keeps the newest',
  async () => {
    const keys = ['golive/backup-20200101-000000.dump', 'golive/backup-20200102-000000.dump', 'golive/notes.txt'];
    const calls: string[] = [];
    const s3 = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://s3');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        calls.push(`${request.method} ${url.pathname}${/<Key>[^<]*/.exec(body)?.[0].replace('<Key>', ' ') ?? ''}`);
        const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
        response.setHeader('content-type', 'application/xml');
        response.end(request.method === 'GET' ? `<ListBucketResult>${contents}</ListBucketResult>` : '<DeleteResult/>');
      });
    });
    await new Promise<void>((resolve) => s3.listen(0, '127.0.0.1', resolve));
    const environment = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(s3.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      BACKUP_S3_URI: 's3://vault/golive/',
    };
    const file = join(dir, 'backup-20260101-000000.dump');
    const [s3put, s3rotate] = [
      ['scripts/backup-s3.ts', 'put', file],
      ['scripts/backup-s3.ts', 'rotate', '1'],
    ];
    await writeFile(file, 'dump');
    await writeFile(`${file}.manifest.json`, '{}');
    const put = await run('node', s3put ?? [], environment);
    expect(put, put.out).toMatchObject({ code: 0 });
    const rotated = await run('node', s3rotate ?? [], environment);
    expect(rotated, rotated.out).toMatchObject({ code: 0 });
    expect(calls).toEqual([
      'PUT /vault/golive/backup-20260101-000000.dump',
      'PUT /vault/golive/backup-20260101-000000.dump.manifest.json',
      'GET /vault/',
      'POST /vault/ golive/backup-20200101-000000.dump',
    ]);
    await new Promise((resolve) => s3.close(resolve));
    const away = await run('node', s3put ?? [], { ...environment, AWS_MAX_ATTEMPTS: '1' });
    expect(away).toMatchObject({ code: 1, out: expect.stringContaining('backup-s3: bucket vault') as string });
  },
  60_000,
);

test.runIf(tools)('rotation keeps the newest backups and touches no other file', async () => {
  const root = join(dir, 'rotation');
  await mkdir(root);
  for (const name of ['backup-20200101-000000.dump', 'backup-20200102-000000.dump', 'mine.dump', 'backup-notes.dump'])
    await writeFile(join(root, name), '');
  const script = join(process.cwd(), 'scripts/backup.sh');
  const environment = { ...migrateEnvironment(server, 'busy'), BACKUP_KEEP: '2' };
  expect((await run(script, [], environment, { cwd: root })).code).toBe(0);
  const names = (await readdir(root)).filter((name) => !name.endsWith('.json'));
  expect(names).toHaveLength(4);
  expect(names).toEqual(expect.arrayContaining(['backup-20200102-000000.dump', 'backup-notes.dump', 'mine.dump']));
});
