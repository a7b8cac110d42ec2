import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ACTIONS } from '#lib/audit/events/catalogue.ts';
import { exportToFile } from '#lib/audit/export/export-file.ts';
import { exportStream, parseDownload } from '#lib/audit/export/export-stream.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import type { Prisma } from '#lib/db.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { keys, SECRET, testEnvironment } from '../../support/audit-proof.ts';
import { haveTool } from '../../support/required-tools.ts';

let database: TestDatabase;
let dir: string;

beforeAll(() => testEnvironment());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'golive-readers-'));
  database = await freshDatabase();
  await database.db.auditEvent.createMany({ data: ROWS.map((row) => ({ id: randomUUID(), ...row })) });
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const key = signingKey({ NEXTAUTH_SECRET: SECRET });
const act = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } } as const;

const base = { outcome: 'success', actorType: 'user', source: 'web' } as const;
/** Texts that readers of CSV disagree about, and every action of the catalogue by every kind of actor, full and bare. */
const ROWS: Omit<Prisma.AuditEventCreateManyInput, 'id'>[] = [
  { ...base, action: 'probe.text', actorLabel: 'Иван "the" О’Нил, jr.', reason: 'two\nlines' },
  { ...base, action: 'probe.text', actorLabel: '', reason: 'a\r\nb\rc' },
  { ...base, action: 'probe.text', actorLabel: ' outer space ', reason: 'separators \u2028 and \u2029 and \u0085' },
  { ...base, action: 'probe.text', metadata: {}, actorLabel: '\\N', reason: '\\.' },
  ...Object.keys(ACTIONS).flatMap((action) =>
    (['user', 'agent', 'system', 'anonymous'] as const).flatMap((actorType) => [
      { action, actorType, outcome: 'denied', source: 'cli' },
      {
        action,
        actorType,
        outcome: 'failure',
        source: 'web',
        actorId: 'u-1',
        actorLabel: 'ann@example.org',
        actorRole: 'admin',
        targetType: 'user',
        targetId: 'u-2',
        targetLabel: 'bob@example.org',
        ip: '2001:db8::7',
        userAgent: 'curl/8',
        requestId: 'r-1',
        correlationId: 'c-1',
        reason: 'because',
        metadata: { deep: { empty: {}, nothing: null } },
      },
    ]),
  ),
];

async function download(query: string): Promise<{ file: string; fileName: string; bytes: Buffer }> {
  const parsed = parseDownload(new URLSearchParams(query));
  if (!parsed.ok) throw new Error(parsed.detail);
  const stream = await exportStream(database.db, act, parsed.value, key);
  const bytes = Buffer.from(await new Response(stream).arrayBuffer());
  const file = join(dir, parsed.value.fileName);
  await writeFile(file, bytes);
  return { file, fileName: parsed.value.fileName, bytes };
}

/** Rows of the probes as csv-parse, a reader of others, sees them. */
const probes = (text: string | Buffer, bom = false) =>
  parse<Record<string, string>>(text, { columns: true, bom }).filter(({ action }) => action === 'probe.text');

const WANTED = ROWS.slice(0, 4).map(({ actorLabel, reason }) => [actorLabel, reason]);
const textsOf = (rows: Record<string, string>[]) =>
  rows.map(({ actorLabel, reason }) => [actorLabel, reason]).toSorted();

test('a CSV download is read by csv-parse, with and without a byte order mark, and every value is the stored one', async () => {
  expect(textsOf(probes((await download('format=csv')).bytes))).toEqual(WANTED.toSorted());
  const marked = (await download('format=csv&bom=true')).bytes;
  expect([...marked.subarray(0, 3)], 'what Excel looks for').toEqual([0xef, 0xbb, 0xbf]);
  expect(textsOf(probes(marked, true))).toEqual(WANTED.toSorted());
});

test('a CSV download can be read by COPY of PostgreSQL, with empty strings distinct from null', async () => {
  if (!haveTool('psql', 'COPY reads a CSV download')) return;
  const { file, bytes } = await download('format=csv');
  const columns = (bytes.toString().split('\r\n', 1)[0] ?? '').split(',');
  await execute(
    database.superuserUrl,
    `CREATE TABLE public.copied (${columns.map((name) => `"${name}" text`).join(', ')})`,
  );
  const psql = (command: string) => {
    const { status, stdout, stderr } = spawnSync('psql', ['-XAtq', database.superuserUrl, '-c', command]);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    return stdout.toString().trim();
  };
  psql(`\\copy public.copied FROM '${file}' CSV HEADER`);
  const differing = psql(
    `SELECT coalesce(json_agg(json_build_array(e.action, e."actorLabel", c."actorLabel", e.reason, c.reason, e.metadata, c.metadata))::text, 'none') FROM public."AuditEvent" e FULL JOIN public.copied c ON e.id::text = c.id
     WHERE (e."actorLabel", e.reason, e.metadata, e."actorRole") IS DISTINCT FROM (c."actorLabel", c.reason, c.metadata::jsonb, c."actorRole")`,
  );
  expect(differing).toBe('none');
});

test('a CSV download is read by Python, whose reader pandas takes after', async () => {
  if (!haveTool('python3', 'Python’s csv module reads a CSV download')) return;
  const { file } = await download('format=csv');
  const script =
    'import csv,json,sys; print(json.dumps([r for r in csv.DictReader(open(sys.argv[1],newline="",encoding="utf-8"),strict=True) if r["action"]=="probe.text"]))';
  const { stdout, stderr } = spawnSync('python3', ['-c', script, file]);
  expect(stderr.toString()).toBe('');
  expect(textsOf(JSON.parse(stdout.toString()) as ReturnType<typeof probes>)).toEqual(WANTED.toSorted());
});

test.each(['csv', 'ocsf', 'ndjson'])(
  'a zip of %s holds the plain file, the manifest that verifies it, and the proofs of its events',
  async (format) => {
    const { file, fileName } = await download(`format=${format}&manifest=beside&outcome=denied`);
    expect(fileName).toMatch(/\.zip$/);
    if (!haveTool('unzip', 'a zip of an export opens')) return;
    expect(spawnSync('unzip', ['-q', file, '-d', dir]).status).toBe(0);
    const inside = (await readdir(dir)).filter((name) => !name.endsWith('.zip')).toSorted();
    const name = fileName.slice(0, -4);
    expect(inside).toEqual([name, `${name}.manifest.json`, `${name}.proofs.ndjson.gz`]);
    expect(await verifyExport(join(dir, inside[0] ?? ''), keys())).toMatchObject({
      ok: true,
      events: Object.keys(ACTIONS).length * 4,
      manifest: { scope: { outcome: 'denied' }, newest: expect.any(String) as string },
    });
  },
);

test('every action by every kind of actor, with everything and with nothing, is valid OCSF 1.3.0', async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const schemas = new Map(
    await Promise.all(
      ['authentication', 'account_change', 'api_activity'].map(async (name) => {
        const schema = JSON.parse(await readFile(`tests/data/ocsf-1.3.0/${name}.json`, 'utf8')) as {
          properties: { class_uid: { const: number } };
        };
        return [schema.properties.class_uid.const, ajv.compile(schema)] as const;
      }),
    ),
  );
  const used = new Set<number>();
  const text = (await download('format=ocsf')).bytes.toString();
  for (const line of text.trimEnd().split('\n')) {
    const event = JSON.parse(line) as { class_uid: number };
    const validate = schemas.get(event.class_uid);
    expect(validate?.(event), `${JSON.stringify(validate?.errors)} of ${line}`).toBe(true);
    used.add(event.class_uid);
  }
  expect([...used].toSorted()).toEqual([...schemas.keys()].toSorted());
});

test('what an export covers stands in its signed manifest, so that a part cannot pass as the whole', async () => {
  const file = join(dir, 'part.csv');
  const options = { file, format: 'csv', filters: { outcome: 'denied' }, key, trailer: true, bom: true } as const;
  await exportToFile(database.db, act, options);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const good = await verifyExport(file, keys());
  expect(good).toMatchObject({ ok: true, manifest: { scope: { outcome: 'denied' } } });
  const text = await readFile(file, 'utf8');
  for (const [from, to] of [
    ['""outcome"":""denied""', ''],
    [`""newest"":""${good.manifest.newest}""`, '""newest"":""2020-01-01T00:00:00.000Z""'],
    [`,""oldest"":""${good.manifest.oldest}""`, ''],
  ] as const) {
    expect(text).toContain(from);
    await writeFile(file, text.replace(from, to));
    expect((await verifyExport(file, keys())).ok, from).toBe(false);
  }
});

test.each(['format=xml', 'manifest=elsewhere', 'format=csv&bom=yes', 'format=ocsf&bom=true'])(
  'a download that asks for %s is refused with what can be asked for',
  (query) => {
    expect(parseDownload(new URLSearchParams(query))).toMatchObject({ ok: false, code: 'bad_request' });
  },
);
