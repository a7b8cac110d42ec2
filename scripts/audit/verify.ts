/** `npm run audit:verify`: exit 0 intact, 1 broken, 2 could not check. */
import { createReadStream } from 'node:fs';
import type { ShippedAnchor } from '#lib/audit/proof/anchor.ts';
import { describeFinding } from '#lib/audit/proof/finding.ts';
import { describeManifest } from '#lib/audit/export/manifest.ts';
import { trustedKeys } from '#lib/audit/proof/signing.ts';
import { keyId, readPublicKey } from '#lib/ed25519.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import { recordVerification, verifyAudit, type Verification } from '#lib/audit/proof/verify.ts';
import { openVerifierConnections } from '#lib/audit/proof/verifier-connections.ts';
import { readDatabaseUrl } from '#lib/db/url/read.ts';
import { env } from '#lib/env.ts';
import { readLines } from '#lib/json/lines.ts';
import { parseLosslessJson } from '#lib/json/strict.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:verify [-- options]
  --full              the whole log, not only what is new
  --anchors FILE      also against anchors kept elsewhere: log lines or objects of the bucket, one JSON a line
  --export FILE       an export and its manifest instead of the database; needs no database
  --public-key KEY    with --export: the signer's public key (base64, PEM or a path)
  --json              one JSON object
Exit: 0 intact, 1 broken, 2 could not check.`;

const OPTIONS = {
  full: { type: 'boolean', default: false },
  anchors: { type: 'string' },
  export: { type: 'string' },
  'public-key': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.export !== undefined) {
    if (values['public-key'] === undefined) throw new WrongUsage('--export needs --public-key');
    const key = readPublicKey(values['public-key']);
    const outcome = await verifyExport(values.export, new Map([[keyId(key), key]]));
    const lines = [`${outcome.events} exported events are what was signed`, ...describeManifest(outcome.manifest)];
    return print(outcome, values.json, lines.join('\n'));
  }
  const shipped = values.anchors === undefined ? [] : await readAnchors(values.anchors);
  const outcome = await verifyDatabase(values.full, shipped, values.json);
  return print(
    outcome,
    values.json,
    `intact: verified up to ${outcome.sequence}, ${outcome.events} events and ${outcome.anchors} anchors checked`,
  );
}

async function verifyDatabase(full: boolean, shipped: ShippedAnchor[], quiet: boolean): Promise<Verification> {
  await using connections = await openVerifierConnections(verifierUrl(), env().DATABASE_CA_CERT);
  const onProgress = (message: string) => void (quiet || !process.stderr.isTTY || process.stderr.write(`${message}\n`));
  const outcome = await verifyAudit(connections.clients, trustedKeys(env()), { full, shipped, onProgress });
  await recordVerification(connections.clients[0], outcome);
  return outcome;
}

/** Only the worker's role may record the result, so it verifies where that role exists. */
function verifierUrl(): string {
  const { DATABASE_URL, WORKER_DATABASE_URL = DATABASE_URL } = env();
  const [given, worker] = [readDatabaseUrl(DATABASE_URL), readDatabaseUrl(WORKER_DATABASE_URL)];
  // Anchors of the environment may belong to another database than the URL.
  return given.host === worker.host && given.database === worker.database ? WORKER_DATABASE_URL : DATABASE_URL;
}

/** Accepts log lines (`{"anchor": {...}}`) and plain anchors; ignores other lines. */
async function readAnchors(file: string): Promise<ShippedAnchor[]> {
  const anchors: ShippedAnchor[] = [];
  for await (const line of readLines(createReadStream(file))) {
    if (!line.includes('"signature"')) continue;
    const value = parseLosslessJson(line) as ShippedAnchor & { anchor?: ShippedAnchor };
    anchors.push(value.anchor ?? value);
  }
  return anchors;
}

function print({ ok, finding, ...rest }: Pick<Verification, 'ok' | 'finding'>, json: boolean, good: string): number {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  if (json) console.log(JSON.stringify({ ok, ...rest, finding: finding ?? null }, text));
  else if (finding) console.error(`broken: ${describeFinding(finding)}`);
  else console.log(good);
  return ok ? 0 : 1;
}

await runCommand({ name: 'audit:verify', usage: USAGE, options: OPTIONS, failed: 2 }, main);
