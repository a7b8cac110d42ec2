/**
 * `npm run bench -- ingest [--rows N] [--grow N] --json`: events a second from HTTP to a committed AuditEvent, through the real web server
 * and the real worker; the worker alone; one INSERT … SELECT of the same rows; and the lag at a steady 2,000 events a second. Client,
 * servers and database share the machine. `--grow N` compares the worker on an empty log and on one that holds N rows.
 */
import { parseArgs } from 'node:util';
import { ingestBench, type IngestBench } from './support/ingest-bench.ts';
import { sendAll, sendSteadily } from './support/agent-load.ts';
import { grow, queueUp, rawInsert } from './support/ingest-rows.ts';
import { demand, report, round } from './support/measure.ts';
import { benchDatabase, progress } from './support/server.ts';

const BATCH = 500;
const CONNECTIONS = 4;
const STEADY = { perSecond: 2_000, seconds: 30 };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rows: { type: 'string' }, grow: { type: 'string' }, json: { type: 'boolean' } },
  });
  const rows = Number(values.rows ?? 500_000);
  const present = values.grow === undefined ? null : Number(values.grow);
  if (!Number.isInteger(rows) || rows < 1000) throw new Error('--rows takes a number from 1000');
  if (present !== null && (!Number.isInteger(present) || present < 1000))
    throw new Error('--grow takes a number from 1000');
  await using database = await benchDatabase();
  await using bench = await ingestBench(database);
  const json = values.json ?? false;
  // Awaited here: the database and the servers go when this function ends.
  await (present === null ? measureIngest(bench, rows, json) : measureGrowth(bench, rows, present, json));
}

async function measureIngest(bench: IngestBench, rows: number, json: boolean): Promise<void> {
  const e2e = await endToEnd(bench, rows);
  const { p50, p99 } = await steadyLag(bench);
  const worker = await workerAlone(bench, rows);
  const raw = await rawInsert(bench, rows);
  report(
    {
      events: rows,
      e2e_events_s: round(e2e, 0),
      worker_events_s: round(worker, 0),
      raw_insert_events_s: round(raw, 0),
      p50_lag_ms: p50,
      p99_lag_ms: p99,
    },
    json,
  );
  demand({
    'worker_events_s >= 0.4 x raw_insert_events_s': worker >= 0.4 * raw,
    'e2e_events_s >= 0.2 x raw_insert_events_s': e2e >= 0.2 * raw,
    'p99_lag_ms < 1500': p99 < 1500,
  });
}

async function endToEnd(bench: IngestBench, rows: number): Promise<number> {
  progress(`end to end: ${rows} events`);
  return bench.withWorker(async () => {
    const started = performance.now();
    await sendAll(bench.client, rows, BATCH, CONNECTIONS);
    await bench.untilDone();
    return perSecond(rows, started);
  });
}

async function workerAlone(bench: IngestBench, rows: number): Promise<number> {
  progress(`queueing ${rows} events for the worker`);
  await queueUp(bench, rows, BATCH);
  progress('worker alone');
  return bench.withWorker(async () => {
    const started = performance.now();
    await bench.untilDone();
    return perSecond(rows, started);
  });
}

async function steadyLag(bench: IngestBench): Promise<{ p50: number; p99: number }> {
  progress(`steady: ${STEADY.perSecond} events a second for ${STEADY.seconds} s`);
  const sent = await bench.withWorker(async () => {
    const times = await sendSteadily(bench.client, STEADY.perSecond, STEADY.seconds);
    await bench.untilDone();
    return times;
  });
  const batches = await bench.db.agentBatch.findMany({
    where: { id: { in: [...sent.keys()] } },
    select: { id: true, processedAt: true },
  });
  const lags = batches.map(({ id, processedAt }) => (processedAt?.getTime() ?? Infinity) - (sent.get(id) ?? 0));
  const sorted = lags.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function measureGrowth(bench: IngestBench, rows: number, present: number, json: boolean): Promise<void> {
  const empty = await workerAlone(bench, rows);
  await grow(bench, present);
  const grown = await workerAlone(bench, rows);
  const ratio = round(grown / empty);
  report(
    { events: rows, present, empty_events_s: round(empty, 0), grown_events_s: round(grown, 0), growth_ratio: ratio },
    json,
  );
  demand({ 'the rate on the grown log is at least 0.8 x that on the empty one': ratio >= 0.8 });
}

const perSecond = (rows: number, started: number) => (rows / (performance.now() - started)) * 1000;

await main();
