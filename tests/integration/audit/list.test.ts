import pg from 'pg';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Db } from '#lib/db.ts';
import { listAudit } from '#lib/audit/events/list.ts';
import { parseAuditQuery } from '#lib/audit/events/query.ts';
import { readAudit, readAuditEvent } from '#lib/audit/events/read.ts';
import { freshDatabase } from '../../support/database.ts';
import { writeEvents } from '../../support/audit.ts';

beforeAll(() => {
  process.env.DATABASE_URL = 'postgres://unused@localhost/unused';
  process.env.NEXTAUTH_SECRET = 'only-for-tests-only-for-tests-only';
});

const auditor = {
  actor: { type: 'user', id: 'u1', label: 'ann@example.org', role: 'auditor' },
  origin: { source: 'web', requestId: 'r1' },
} as const;

function parsed(text: string) {
  const query = parseAuditQuery(new URLSearchParams(text));
  if (!query.ok) throw new Error(query.detail);
  return query.value;
}

/** Follows "More" to the end. */
async function readAll(db: Db, filters: string, between: () => Promise<void> = () => Promise.resolve()) {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const text: string = cursor === '' ? filters : `${filters}&cursor=${cursor}`;
    const page = await listAudit(db, parsed(text));
    ids.push(...page.events.map(({ id }) => id));
    cursor = page.nextCursor;
    await between();
  }
  return ids;
}

test('"More" neither repeats nor skips, with 20 rows in every millisecond and others writing meanwhile', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 2000, {
    createdAt: `timestamptz '2026-01-01' + (n / 20) * interval '1 millisecond'`,
  });
  const before = await database.db.auditEvent.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
  const late = { createdAt: `clock_timestamp()` };
  const ids = await readAll(database.db, 'limit=37', () => writeEvents(database.ownerUrl, 3, late));
  expect(ids).toEqual(before.map(({ id }) => id));
});

test('every filter shows its rows, all of them and no others, at any page size', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 3000);
  await writeEvents(database.ownerUrl, 40, { createdAt: `timestamptz '2031-05-01' + n * interval '1 minute'` });
  const all = await database.db.auditEvent.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
  const expectations: [string, (event: (typeof all)[number]) => boolean][] = [
    ['action=access.denied', (event) => event.action === 'access.denied'],
    ['actor=user-7', (event) => event.actorId === 'user-7'],
    ['actor=person7@example.org', (event) => event.actorLabel === 'person7@example.org'],
    ['target=target-499', (event) => event.targetId === 'target-499'],
    ['outcome=denied', (event) => event.outcome === 'denied'],
    ['source=api', (event) => event.source === 'api'],
    ['requestId=request-5', (event) => event.requestId === 'request-5'],
    [
      'from=2026-01-01T00:30&to=2031-05-01T00:05Z',
      (e) => e.createdAt >= new Date('2026-01-01T00:30Z') && e.createdAt < new Date('2031-05-01T00:05Z'),
    ],
    [
      'outcome=failure&source=web&action=auth.sign_in',
      (e) => e.outcome === 'failure' && e.source === 'web' && e.action === 'auth.sign_in',
    ],
  ];
  for (const [filters, matches] of expectations) {
    const expected = all.filter(matches).map(({ id }) => id);
    expect(await readAll(database.db, `${filters}&limit=61`), filters).toEqual(expected);
  }
});

test('a page carries no metadata and no user agent', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 1);
  const { events } = await listAudit(database.db, parsed(''));
  expect(events[0]).not.toHaveProperty('metadata');
  expect(events[0]).not.toHaveProperty('userAgent');
});

test('reading the log and opening an event are events themselves', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 4);
  const page = await readAudit(database.db, auditor, parsed('action=auth.sign_in'));
  const opened = await readAuditEvent(database.db, auditor, page.events[0]?.id ?? '');
  expect(opened.ok).toBe(true);
  const written = await database.db.auditEvent.findMany({ where: { actorId: 'u1' }, orderBy: { createdAt: 'asc' } });
  expect(written.map(({ action }) => action)).toEqual(['audit.read', 'audit.event_read']);
  expect(written[0]?.metadata).toEqual({
    filters: { action: 'auth.sign_in' },
    rows: page.events.length,
    deeper: false,
  });
  expect(written[1]?.targetId).toBe(page.events[0]?.id);
});

test('a page that this month fills costs two statements: its rows and its event', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 40, { createdAt: `date_trunc('milliseconds', now())` });
  await readAudit(database.db, auditor, parsed(''));
  const query = vi.spyOn(pg.Client.prototype, 'query');
  const { events } = await readAudit(database.db, auditor, parsed(''));
  const sent = query.mock.calls.map(([text]) => (text as unknown as { text: string }).text.slice(0, 6));
  query.mockRestore();
  expect({ sent, rows: events.length }).toEqual({ sent: ['SELECT', 'INSERT'], rows: 25 });
});

test('what cannot be recorded is not shown', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 3);
  const nameless = { ...auditor, actor: { ...auditor.actor, id: 'nul\u0000byte' } };
  await expect(readAudit(database.db, nameless, parsed(''))).rejects.toThrow();
});

test('an unknown event and a text that is no id are not found, without an error', async () => {
  await using database = await freshDatabase();
  for (const id of ['00000000-0000-7000-8000-000000000000', 'nonsense', "'; --", '']) {
    expect(await readAuditEvent(database.db, auditor, id)).toMatchObject({ ok: false, code: 'not_found' });
  }
});
