#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema engine: same command line, same JSON-RPC on stdin and stdout, but the engine is the
 * WebAssembly build from the lock file and the connections are `pg`'s. Started by the Prisma CLI through
 * PRISMA_SCHEMA_ENGINE_BINARY (see prisma.config.ts); not meant to be called by hand.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import project from '../../package.json' with { type: 'json' };
import { isLockTimeout, withLockRetries } from '#lib/db/migrations/lock-retries.ts';
import { sharedSessionFault } from '#lib/db/sessions/shared.ts';
import { datasourceUrl, engineUrl, variableOf } from './datasource.ts';
import { openEngine, runCliCommand, type Engine, type EngineError } from './engine.ts';
import { resolveLockFailures } from './lock-failures.ts';

interface RpcRequest {
  id: number;
  /** Absent in the CLI's answers to our own `print` messages. */
  method?: string;
  params?: unknown;
}

const send = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const print = (content: string) => send({ id: 0, method: 'print', params: { content } });

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: 'string', multiple: true },
    datasource: { type: 'string' },
    version: { type: 'boolean' },
  },
});

/** Stands for "no schema named", as in a diff between two databases: the engine refuses an empty list. */
const NO_SCHEMA: [string, string][] = [['none.prisma', 'datasource db {\n  provider = "postgresql"\n}\n']];

/** `--datamodels a b` arrives as one option and further positionals: every path that exists is a schema file. */
function schemaFiles(): [string, string][] {
  const named = ((values.datamodels as string[] | undefined) ?? []).concat(positionals);
  const found = [...new Set(named)].filter((path) => existsSync(path));
  return found.length === 0 ? NO_SCHEMA : found.map((path) => [path, readFileSync(path, 'utf8')]);
}

/** Methods under which the engine takes the lock of a session, or leaves what another session must see. */
const LOCKING = new Set(['applyMigrations', 'markMigrationApplied', 'markMigrationRolledBack', 'reset', 'schemaPush']);

/** Of the configuration Prisma knows the address alone; a URL that somebody gave on the command line is whole. */
function database(): { url: string; name: string } {
  const { url } = JSON.parse((values.datasource as string | undefined) ?? '{}') as { url?: string };
  const configured = url === undefined || url === datasourceUrl(process.env);
  return configured ? { url: engineUrl(process.env), name: variableOf(process.env) } : { url, name: 'the URL' };
}

async function serve(): Promise<void> {
  const application = `golive-migrate-${process.pid}`;
  const { url, name } = database();
  const caCert = process.env.DATABASE_CA_CERT;
  const retryOptions = { url, caCert, application, log: print };
  // Opened by the first request, so that an unreachable database is an answer to it and not a crash of the engine.
  let engine: Promise<Engine> | undefined;
  const getEngine = () => (engine ??= openEngine(schemaFiles(), url, application));
  let looked: Promise<string | undefined> | undefined;
  const refuseSharedSessions = async () => {
    const fault = await (looked ??= sharedSessionFault(url, { caCert }));
    if (fault !== undefined) throw new Error(`${name} ${fault}. Nothing was migrated.`);
  };
  const apply = (params: unknown) =>
    withLockRetries(async () => {
      try {
        return await (await getEngine()).call('applyMigrations', params);
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        // What failed for a lock counts as never run. The engine stays: its module cannot be started twice in one process.
        await resolveLockFailures(url, caCert);
        throw error;
      }
    }, retryOptions);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const request = JSON.parse(line) as RpcRequest;
    if (request.method === undefined) continue;
    try {
      const { method, params } = request;
      if (LOCKING.has(method)) await refuseSharedSessions();
      const result =
        method === 'applyMigrations' ? await apply(params) : await (await getEngine()).call(method, params);
      // The native engine prints the text of a diff itself; the WebAssembly build hands it back.
      const text = (result as { stdout?: string } | null | undefined)?.stdout;
      if (request.method === 'diff' && text) print(text);
      send({ id: request.id, result: result ?? null });
    } catch (error) {
      const failure = error as EngineError;
      const data = {
        is_panic: false,
        message: failure.message.trim(),
        meta: failure.meta ?? null,
        error_code: failure.code ?? null,
      };
      send({
        id: request.id,
        error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
      });
    }
  }
  // An engine that never opened has answered so already.
  await engine?.then((open) => open.close()).catch(() => undefined);
}

// `prisma version` asks so; an engine that went on to listen would hang it.
if (values.version) process.stdout.write(`schema-engine-wasm ${project.dependencies['@prisma/schema-engine-wasm']}\n`);
else if (positionals[0] === 'cli') process.exitCode = await runCliCommand(positionals[1] ?? '', database().url);
else await serve();
