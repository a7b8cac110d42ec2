/** `npm run audit:stream`: delivers new events until it is stopped, for deployments without a worker. `--stdout` prints them as JSON lines. */
import { setTimeout as delay } from 'node:timers/promises';
import { seal } from '#lib/audit/proof/seal.ts';
import { stdoutSink } from '#lib/audit/stream/deliver.ts';
import { configuredSink, stream } from '#lib/audit/stream/stream.ts';
import { db } from '#lib/db.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:stream [-- --stdout] [--once]
Seals and delivers new events to AUDIT_WEBHOOK_URL (signed with AUDIT_WEBHOOK_SECRET), or prints them.
Exit: 0 stopped, 1 failed, 2 wrong use.`;
const PAUSE_MS = 1_000;

const print = (text: string) =>
  new Promise<void>((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));

const OPTIONS = { stdout: { type: 'boolean' }, once: { type: 'boolean' } } as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const sink = values.stdout ? stdoutSink(print) : configuredSink();
  if (sink === null)
    throw new WrongUsage('nothing to deliver to: set AUDIT_WEBHOOK_URL and AUDIT_WEBHOOK_SECRET, or pass --stdout');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  do {
    await seal(db());
    await stream(db(), sink, stop.signal);
    if (!values.once) await delay(PAUSE_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  } while (!values.once && !stop.signal.aborted);
  await db().$disconnect();
  return 0;
}

await runCommand({ name: 'audit:stream', usage: USAGE, options: OPTIONS }, main);
