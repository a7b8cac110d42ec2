import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- a class for the pool of lib/db, which connects and pins it
import pg from 'pg';
import { openClient, openPool } from '#lib/db/client.ts';
import { LOCK_TIMEOUT, LOCK_WAIT_MS } from '#lib/db/migrations/lock-retries.ts';
import { readDatabaseUrl } from '#lib/db/url/read.ts';

/** What the engine throws: a message for people and, where it has one, Prisma's error code (P1001 and the like). */
export interface EngineError extends Error {
  code?: string;
  meta?: unknown;
}

/** One open schema engine: `call` takes the name and parameters of a JSON-RPC method, `close` ends its connections. */
export interface Engine {
  call(method: string, params: unknown): Promise<unknown>;
  close(): Promise<void>;
}

type Methods = Record<string, (params: unknown) => Promise<unknown>>;

const OID_CHAR = 18;
const OID_TEXT = 25;

/** Introspection reads columns of PostgreSQL's internal type "char", which the adapter cannot decode: report them as text. */
class IntrospectionClient extends pg.Client {
  override query(...args: unknown[]): never {
    const done = args.at(-1);
    if (typeof done === 'function') {
      args[args.length - 1] = (error: unknown, result?: pg.QueryResult) =>
        (done as (...a: unknown[]) => void)(withLockCode(error), withCharAsText(result));
      return (super.query as (...a: unknown[]) => never)(...args);
    }
    const outcome = (super.query as (...a: unknown[]) => unknown)(...args);
    if (!(outcome instanceof Promise)) return outcome as never;
    return outcome.then(withCharAsText, (error: unknown) => Promise.reject(withLockCode(error) as Error)) as never;
  }
}

/** The engine keeps only the words of an error, in the server's language: the code of a lock that did not come in time goes into them. */
function withLockCode(error: unknown): unknown {
  if (error instanceof pg.DatabaseError && error.code === LOCK_TIMEOUT) error.message += ` (${LOCK_TIMEOUT})`;
  return error;
}

function withCharAsText<T extends pg.QueryResult | undefined>(result: T): T {
  for (const field of result?.fields ?? []) if (field.dataTypeID === OID_CHAR) field.dataTypeID = OID_TEXT;
  return result;
}

/** Sends a migration as one script, as the native engine does. The adapter cuts at every semicolon, also inside comments and $$. */
class WholeScriptAdapter extends PrismaPg {
  override async connect() {
    return sendWholeScripts(await super.connect());
  }

  override async connectToShadowDb() {
    return sendWholeScripts(await super.connectToShadowDb());
  }
}

function sendWholeScripts<T extends { executeScript(script: string): Promise<void> }>(adapter: T): T {
  const inner = adapter as unknown as { client: pg.Pool; onError(error: unknown): never };
  adapter.executeScript = async (script) => {
    // Only what passes through `onError` reaches the ledger and the terminal with the server's own words.
    await inner.client.query(script).catch((error: unknown) => inner.onError(error));
  };
  return adapter;
}

async function loadModule() {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = fileURLToPath(
    new URL('schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg')),
  );
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message: (message: string) =>
        process.stderr.write(`${JSON.stringify({ level: 'ERROR', target: 'schema_engine', fields: { message } })}\n`),
    },
  });
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    './schema_engine_bg.js': bindings as unknown as WebAssembly.ModuleImports,
  });
  bindings.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return bindings;
}

const logLine = (line: string) => process.stderr.write(`${line}\n`);
const logEngine = (level: string, fields: object) =>
  logLine(JSON.stringify({ level, target: 'schema_engine::logger', fields }));

/**
 * Opens the WebAssembly schema engine on a database.
 * @param datamodels pairs of path and content of each schema file.
 * @param url the database to migrate; may be empty for calls that touch none.
 * @param application the name by which the server knows its connections.
 */
export async function openEngine(
  datamodels: [string, string][],
  url: string,
  application = 'golive-migrate',
): Promise<Engine> {
  const { SchemaEngine } = await loadModule();
  const pool = openPool(url, {
    caCert: process.env.DATABASE_CA_CERT,
    Client: IntrospectionClient,
    max: 4,
    application_name: application,
    session: { lock_timeout: LOCK_WAIT_MS },
  });
  const factory = bindMigrationAwareSqlAdapterFactory(new WholeScriptAdapter(pool, { disposeExternalPool: false }));
  const engine = (await SchemaEngine.new({ datamodels }, logLine, factory)) as unknown as Methods;
  return {
    call(method, params) {
      const run = engine[method];
      if (!run) throw new Error(`The schema engine has no method "${method}".`);
      return run.call(engine, params);
    },
    close: () => pool.end(),
  };
}

/** The two one-shot commands of the engine's command line. Resolves to the exit code. */
export async function runCliCommand(command: string, url: string): Promise<number> {
  const isCreate = command === 'create-database';
  let client: pg.Client | undefined;
  try {
    const { database } = readDatabaseUrl(url);
    client = await openClient(url, {
      caCert: process.env.DATABASE_CA_CERT,
      ...(isCreate ? { database: 'postgres' } : {}),
    });
    if (isCreate) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    return 0;
  } catch (error) {
    const { message, code } = error as EngineError;
    // The CLI skips the first line of the engine's log and takes its error from this target alone.
    logEngine('INFO', { message: `Starting schema engine CLI ${command}` });
    logEngine('ERROR', { message: message.trim(), error_code: code === '3D000' ? 'P1003' : 'P1001' });
    return 1;
  } finally {
    await client?.end().catch(() => undefined);
  }
}
