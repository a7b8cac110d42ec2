/** `npm run agent:send -- --file events.ndjson`: sends CloudEvents, one a line, to the ingest API. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Refused, sendBatch, type Client } from './support/agent-client.ts';
import { runCommand, WrongUsage, type Given } from './support/run-command.ts';

const USAGE = `npm run agent:send -- --file events.ndjson [--origin URL] [--batch N] [--retries N] [--json]

  --file     one CloudEvent a line; "-" reads standard input. A missing id is made from the line, so that
             sending a file twice stores nothing twice
  --origin   where the app is (default: $GOLIVE_ORIGIN, or http://localhost:3000)
  --batch    events in one request, at most 1000 (default 500)
  --retries  tries after the first for each request (default 8)
  --json     print one JSON object at the end

  The key is read from $GOLIVE_AGENT_KEY.
  Exit: 0 all accepted, 1 some refused, 2 wrong use, 3 gave up`;

interface Tally {
  events: number;
  accepted: number;
  refused: number;
  batches: number;
}

const OPTIONS = {
  file: { type: 'string' },
  origin: { type: 'string', default: process.env.GOLIVE_ORIGIN ?? 'http://localhost:3000' },
  batch: { type: 'string', default: '500' },
  retries: { type: 'string', default: '8' },
  json: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const key = process.env.GOLIVE_AGENT_KEY;
  const [batch, retries] = [Number(values.batch), Number(values.retries)];
  if (values.file === undefined) throw new WrongUsage('name a file: --file events.ndjson');
  if (!key) throw new WrongUsage('set GOLIVE_AGENT_KEY to a key from /admin/agents');
  if (!Number.isInteger(batch) || batch < 1 || batch > 1000) throw new WrongUsage('--batch takes 1 to 1000');
  if (!Number.isInteger(retries) || retries < 0) throw new WrongUsage('--retries takes a number from 0');

  const onRetry: Client['onRetry'] = (reason, waitMs) => console.error(`${reason}; again in ${waitMs} ms`);
  const tally = await sendFile(values.file, batch, {
    origin: values.origin,
    key,
    retries,
    onRetry,
  });
  console.log(values.json ? JSON.stringify(tally) : `${tally.accepted} accepted, ${tally.refused} refused`);
  return tally.refused === 0 ? 0 : 1;
}

async function sendFile(file: string, size: number, client: Client): Promise<Tally> {
  const tally: Tally = { events: 0, accepted: 0, refused: 0, batches: 0 };
  for await (const lines of inBatches(file, size)) {
    await sendLines(lines, client, tally);
    console.error(`sent ${tally.events} events in ${tally.batches} requests, ${tally.refused} refused`);
  }
  return tally;
}

async function sendLines(lines: string[], client: Client, tally: Tally): Promise<void> {
  const first = tally.events;
  tally.events += lines.length;
  tally.batches += 1;
  const complain = (errors: Refused['errors']) => {
    for (const { index, pointer, detail } of errors) console.error(`line ${first + index + 1}: ${pointer} ${detail}`);
  };
  try {
    const { accepted, received, errors } = await sendBatch(client, `[${lines.join(',')}]`);
    tally.accepted += accepted;
    tally.refused += received - accepted;
    complain(errors);
  } catch (error) {
    if (!(error instanceof Refused) || error.errors.length === 0) throw error;
    tally.refused += lines.length;
    complain(error.errors);
  }
}

/** Below the server's 1 MiB, in characters; four bytes each is the worst case and rare enough to be refused. */
const MAX_CHARS = 900_000;

async function* inBatches(file: string, size: number): AsyncGenerator<string[]> {
  const input = file === '-' ? process.stdin : createReadStream(file, 'utf8');
  let lines: string[] = [];
  let chars = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const event = withId(line);
    if (lines.length === size || (lines.length > 0 && chars + event.length > MAX_CHARS)) {
      yield lines;
      lines = [];
      chars = 0;
    }
    lines.push(event);
    chars += event.length + 1;
  }
  if (lines.length > 0) yield lines;
}

/** A line that is not JSON goes as a string: the server then says which one it is, and the others pass. */
function withId(line: string): string {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== 'object' || event === null || 'id' in event) return line;
    const id = createHash('sha256').update(line).digest('hex').slice(0, 32);
    return JSON.stringify({ specversion: '1.0', id, ...event });
  } catch {
    return JSON.stringify(line);
  }
}

await runCommand({ name: 'agent:send', usage: USAGE, options: OPTIONS, failed: 3 }, main);
