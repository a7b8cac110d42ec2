import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDb, type Db } from '#lib/db.ts';
import { checkHealth } from '#lib/health.ts';
import { log } from '#lib/log.ts';
import { GET } from '../../../app/api/health/route.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

/**
 * The check gives up after a second and a half; what waits for a silent network instead waits for minutes. Between them, and far from
 * either on a busy machine, in milliseconds.
 */
const DUE_MS = 30_000;

function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = setTimeout(DUE_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('too late')));
  return Promise.race([answer, late]);
}

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** A database proxy that can be cut, restored, or made unresponsive. */
class Wire implements AsyncDisposable {
  mode: 'open' | 'cut' | 'silent' = 'open';
  readonly #sockets = new Set<Socket>();
  /** Whoever was connected while the wire was silent hears nothing afterwards either: a machine that vanished does not come back. */
  readonly #deaf = new WeakSet<Socket>();
  readonly #server: Server;

  constructor(target: URL) {
    this.#server = createServer((client) => {
      this.#keep(client);
      if (this.mode === 'cut') return void client.destroy();
      if (this.mode === 'silent') this.#deaf.add(client);
      const upstream = connect(Number(target.port), target.hostname);
      this.#keep(upstream);
      client.on('data', (chunk) => !this.#deaf.has(client) && upstream.write(chunk));
      upstream.on('data', (chunk) => !this.#deaf.has(client) && client.write(chunk));
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  set(mode: Wire['mode']) {
    this.mode = mode;
    if (mode === 'silent') for (const socket of this.#sockets) this.#deaf.add(socket);
    if (mode === 'cut') for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket) {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }

  async [Symbol.asyncDispose]() {
    this.set('cut');
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** What the health comes to be: the first answers of a busy machine may be late. */
const becomes = (db: Db, health: object) => expect.poll(() => checkHealth(db)).toMatchObject(health);

const FAILED = {
  status: 'failed',
  checks: { database: 'failed', writes: 'unknown', session: 'unknown', migrations: 'unknown' },
};

describe('health', () => {
  test('is ok on a migrated database', async () => {
    await becomes(database.db, {
      status: 'ok',
      checks: { database: 'ok', writes: 'ok', session: 'ok', migrations: 'ok' },
    });
  });

  test('is an HTTP 503 while the database of the environment is away, and a 200 on one that is there; neither is kept', async () => {
    const away = await GET();
    expect([away.status, away.headers.get('cache-control')]).toEqual([503, 'no-store']);
    expect(await away.json()).toMatchObject(FAILED);
    const shared = globalThis as typeof globalThis & { golivePrisma?: Db };
    await shared.golivePrisma?.$disconnect();
    shared.golivePrisma = database.db;
    const there = await GET();
    expect([there.status, there.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  test('fails while a migration of either kind is pending, and recovers', async () => {
    const { db, superuserUrl } = database;
    for (const [ledger, name] of [
      ['_prisma_migrations', 'migration_name'],
      ['_postgres_migrations', 'name'],
    ]) {
      await execute(superuserUrl, `CREATE TABLE kept AS SELECT * FROM "${ledger}" ORDER BY ${name} LIMIT 1`);
      await execute(superuserUrl, `DELETE FROM "${ledger}" WHERE ${name} IN (SELECT ${name} FROM kept)`);
      await becomes(db, {
        status: 'failed',
        checks: { database: 'ok', migrations: 'failed' },
      });
      await execute(superuserUrl, `INSERT INTO "${ledger}" SELECT * FROM kept`, 'DROP TABLE kept');
      await becomes(db, { status: 'ok' });
    }
  });

  test.for(['cut', 'silent'] as const)(
    'fails soon when the database is %s, says no more, and recovers by itself, from dead connections too',
    async (mode) => {
      const url = new URL(database.appUrl);
      await using wire = new Wire(new URL(url));
      url.port = String(await wire.listen());
      const db = openDb(url.href, { max: 2 });
      try {
        await becomes(db, { status: 'ok' });
        wire.set(mode);
        const change = expect(db.$transaction((tx) => tx.$queryRaw`SELECT 1`)).rejects.toThrow();
        const health = await inTime(checkHealth(db));
        expect(health).toMatchObject(FAILED);
        expect(JSON.stringify(health)).not.toMatch(/127\.0\.0\.1|golive_app|ECONN|timeout|error/i);
        wire.set('open');
        await change;
        await becomes(db, { status: 'ok' });
      } finally {
        await db.$disconnect();
      }
    },
  );

  test('fails while nothing can be written, and names that alone', async () => {
    await using own = await freshDatabase();
    await execute(own.superuserUrl, 'REVOKE INSERT, UPDATE ON "SignInThrottle" FROM golive_app');
    await becomes(own.db, {
      status: 'failed',
      checks: { database: 'ok', writes: 'failed', session: 'ok', migrations: 'ok' },
    });
    await execute(own.superuserUrl, 'GRANT INSERT, UPDATE ON "SignInThrottle" TO golive_app');
    await becomes(own.db, { status: 'ok' });
  });

  test('blames the database and not the migrations when no connection can be had', async () => {
    const db = openDb(database.appUrl, { max: 1 });
    let release: (() => void) | undefined;
    const held = db.$transaction(
      (tx) => tx.$queryRaw`SELECT 1`.then(() => new Promise<void>((done) => (release = done))),
      {
        timeout: 60_000,
      },
    );
    try {
      await expect.poll(() => release !== undefined).toBe(true);
      expect(await checkHealth(db)).toMatchObject(FAILED);
    } finally {
      release?.();
      await held;
      await db.$disconnect();
    }
  });

  test('logs one line when a check fails and one when it is well again, however often it is asked', async () => {
    await using own = await freshDatabase();
    const db = openDb(own.appUrl);
    await checkHealth(db);
    await db.$disconnect();
    const lines: string[] = [];
    vi.spyOn(log, 'warn').mockImplementation(
      (...words: unknown[]) => void lines.push(`failed ${JSON.stringify(words)}`),
    );
    vi.spyOn(log, 'info').mockImplementation((...words: unknown[]) => void lines.push(`ok ${JSON.stringify(words)}`));
    const ofWrites = () => lines.filter((line) => line.includes('"check":"writes"'));
    await execute(own.superuserUrl, 'REVOKE INSERT, UPDATE ON "SignInThrottle" FROM golive_app');
    for (let n = 0; n < 5; n++) await checkHealth(own.db);
    await becomes(own.db, { checks: { writes: 'failed' } });
    await execute(own.superuserUrl, 'GRANT INSERT, UPDATE ON "SignInThrottle" TO golive_app');
    for (let n = 0; n < 5; n++) await checkHealth(own.db);
    await becomes(own.db, { checks: { writes: 'ok' } });
    expect(lines).toContain('failed [{"check":"writes","cause":"42501"},"health check failed"]');
    // An answer that came late on a busy machine is a change too; the same outcome twice in a row is none.
    const outcomes = ofWrites().map((line) => line.split(' ', 1)[0]);
    expect(outcomes).toEqual(outcomes.map((_, index) => (index % 2 === 0 ? 'failed' : 'ok')));
    expect(outcomes.at(-1)).toBe('ok');
    vi.restoreAllMocks();
  });
});
