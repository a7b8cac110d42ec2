/** `npm run agent:send -- --file events.ndjson`: sends CloudEvents, one a line, to the ingest API. */
import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readLines } from '#lib/json/lines.ts';
import { parseStrict } from '#lib/json/strict.ts';
import { decodeUtf8 } from '#lib/json/utf8.ts';
import { RejectedRequest, sendBatch, type Client } from '../support/agent-client.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

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

/** An event with its line number. */
interface Line {
  number: number;
  event: string;
}

async function sendLines(lines: Line[], client: Client, tally: Tally): Promise<void> {
  tally.events += lines.length;
  tally.batches += 1;
  const reportErrors = (errors: RejectedRequest['errors']) => {
    for (const { index, pointer, detail } of errors)
      console.error(`line ${lines[index]?.number ?? '?'}: ${pointer.replace(/^\/\d+/, '')} ${detail}`);
  };
  try {
    const { accepted, received, errors } = await sendBatch(client, `[${lines.map(({ event }) => event).join(',')}]`);
    tally.accepted += accepted;
    tally.refused += received - accepted;
    reportErrors(errors);
  } catch (error) {
    if (!(error instanceof RejectedRequest) || error.errors.length === 0) throw error;
    tally.refused += lines.length;
    reportErrors(error.errors);
  }
}

/** Below the server's 1 MiB. */
const MAX_BYTES = 1_000_000;

async function* inBatches(file: string, size: number): AsyncGenerator<Line[]> {
  const input: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file);
  let lines: Line[] = [];
  let bytes = 0;
  let number = 0;
  for await (const line of readLines(input)) {
    number += 1;
    const event = eventOf(line);
    if (event === '') continue;
    const length = Buffer.byteLength(event) + 1;
    if (lines.length === size || (lines.length > 0 && bytes + length > MAX_BYTES)) {
      yield lines;
      lines = [];
      bytes = 0;
    }
    lines.push({ number, event });
    bytes += length;
  }
  if (lines.length > 0) yield lines;
}

/**
 * Parses a line without loss, so that the server validates what was written. A line that is not JSON or not UTF-8 is sent as a string; the
 * server rejects it by its index.
 */
function eventOf(line: Buffer): string {
  const text = decodeUtf8(line);
  if (text === null) return JSON.stringify('not UTF-8');
  const event = text.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
  if (event === '') return '';
  const parsed = parseStrict(event);
  if (!parsed.ok) return JSON.stringify(event);
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'id' in value) return event;
  const added = {
    ...('specversion' in value ? {} : { specversion: '1.0' }),
    id: hash('sha256', text.replace(/\r$/, ''), 'hex').slice(0, 32),
  };
  return JSON.stringify(added).replace(/}$/, Object.keys(value).length === 0 ? '}' : `,${event.slice(1)}`);
}

await runCommand({ name: 'agent:send', usage: USAGE, options: OPTIONS, failed: 3 }, main);
