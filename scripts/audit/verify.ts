/** `npm run audit:verify`: exit 0 intact, 1 broken, 2 could not check. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describeFinding } from '#lib/audit/verification/finding.ts';
import { describeManifest } from '#lib/audit/export/manifest.ts';
import { openLeaf, parseOpenings, valuesFile, type OpenedField } from '#lib/audit/proof/disclosure.ts';
import { readNoteKey } from '#lib/audit/proof/note.ts';
import { checkProof } from '#lib/audit/proof/tlog-proof.ts';
import { signingKey, trustedKeys, type PublicKeys } from '#lib/audit/proof/signing.ts';
import { keyId, readPublicKey } from '#lib/ed25519.ts';
import { readKeptElsewhere, type KeptElsewhere } from '#lib/audit/verification/kept-elsewhere.ts';
import { verifyExport } from '#lib/audit/export/verify-export.ts';
import type { WrittenProofs } from '#lib/audit/export/proofs-file.ts';
import { recordVerification } from '#lib/audit/verification/records.ts';
import { verifyAudit, type Verification } from '#lib/audit/verification/verify.ts';
import { openVerifierConnections } from '#lib/audit/verification/connections.ts';
import { readDatabaseUrl } from '#lib/db/url/read.ts';
import { env } from '#lib/env.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run audit:verify [-- options]
  --full              the whole log, not only what is new
  --anchors FILE      also against checkpoints and anchors kept elsewhere: log lines and objects of the bucket
  --export FILE       an export, its manifest and its proofs instead of the database; needs no database
  --proof FILE        one event's .tlog-proof, with FILE.values.json if that is there, instead of the database; needs no database
  --public-key KEY    with --export or --proof: the signer's public key (base64, PEM, a path, or NAME+HASH+KEY of a signed note)
  --json              one JSON object
Exit: 0 intact, 1 broken, 2 could not check.`;

const OPTIONS = {
  full: { type: 'boolean', default: false },
  anchors: { type: 'string' },
  export: { type: 'string' },
  proof: { type: 'string' },
  'public-key': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.proof !== undefined)
    return verifyProof(values.proof, givenKey('--proof', values['public-key']), values.json);
  if (values.export !== undefined) {
    const outcome = await verifyExport(values.export, givenKey('--export', values['public-key']));
    const lines = [
      `${outcome.events} exported events are what was signed`,
      ...describeManifest(outcome.manifest),
      ...describeProofs(outcome.proofs),
    ];
    return print(outcome, values.json, lines.join('\n'));
  }
  const shipped = values.anchors === undefined ? undefined : await readKeptElsewhere(values.anchors);
  const outcome = await verifyDatabase(values.full, shipped, values.json);
  if (outcome.ignored > 0 && !values.json)
    console.error(
      `${outcome.ignored} rows of AuditCheckpoint are signed by no known key and count for nothing. Who wrote them had the worker’s role; or a former key is missing in AUDIT_PUBLIC_KEYS.`,
    );
  return print(
    outcome,
    values.json,
    `intact: verified up to ${outcome.sequence}, ${outcome.events} events and ${outcome.checkpoints} checkpoints checked`,
  );
}

const describeProofs = (proofs: WrittenProofs | undefined): string[] =>
  proofs === undefined
    ? []
    : [
        `proven    ${proofs.proven} events stand in the log that the key signed`,
        ...(proofs.unproven === 0 ? [] : [`unproven  ${proofs.unproven} events were newer than its last checkpoint`]),
      ];

/** The one key that is believed. */
function givenKey(option: string, text: string | undefined): PublicKeys {
  if (text === undefined) throw new WrongUsage(`${option} needs --public-key`);
  const key = readNoteKey(text)?.publicKey ?? readPublicKey(text);
  return new Map([[keyId(key), key]]);
}

async function verifyProof(file: string, keys: PublicKeys, json: boolean): Promise<number> {
  const proven = checkProof(await readFile(file, 'utf8'), keys);
  const fields = typeof proven === 'string' ? proven : await openValues(file, proven.text);
  if (typeof proven === 'string' || typeof fields === 'string') {
    const finding = typeof proven === 'string' ? proven : fields;
    if (json) console.log(JSON.stringify({ ok: false, finding }));
    else console.error(`broken: ${finding as string}`);
    return 1;
  }
  const { sequence, text, checkpoint } = proven;
  const signed = { size: checkpoint.size, root: checkpoint.root.toString('base64'), keyId: checkpoint.keyId };
  if (json) console.log(JSON.stringify({ ok: true, sequence, checkpoint: signed, event: text, fields, finding: null }));
  else {
    console.log(`proven: event no. ${sequence} of ${signed.size} in the log signed by key ${signed.keyId}\n${text}`);
    for (const { name, value } of fields) console.log(`${name}: ${value ?? 'not disclosed, or erased'}`);
  }
  return 0;
}

/** The fields that the leaf commits to, with the values beside the proof; or what is wrong with those. */
async function openValues(proof: string, leaf: string): Promise<OpenedField[] | string> {
  const file = valuesFile(proof);
  const openings = existsSync(file) ? parseOpenings(await readFile(file, 'utf8')) : {};
  if (openings === null) return `${file} is not what npm run audit:prove writes`;
  const opened = openLeaf(leaf, openings);
  return Array.isArray(opened) ? opened : `${file} gives another value for ${opened.misfit} than was sealed`;
}

async function verifyDatabase(
  full: boolean,
  shipped: KeptElsewhere | undefined,
  quiet: boolean,
): Promise<Verification> {
  await using lanes = await openVerifierConnections(verifierUrl(), env().DATABASE_CA_CERT);
  const onProgress = (message: string) => void (quiet || !process.stderr.isTTY || process.stderr.write(`${message}\n`));
  const outcome = await verifyAudit(lanes.clients, trustedKeys(env()), {
    full,
    onProgress,
    ...(shipped === undefined ? {} : { shipped }),
  });
  await recordVerification(lanes.clients[0], signingKey(env()), outcome);
  return outcome;
}

/** Only the worker's role may record the result, so it verifies where that role exists. */
function verifierUrl(): string {
  const { DATABASE_URL, WORKER_DATABASE_URL = DATABASE_URL } = env();
  const [given, worker] = [readDatabaseUrl(DATABASE_URL), readDatabaseUrl(WORKER_DATABASE_URL)];
  // Anchors of the environment may belong to another database than the URL.
  return given.host === worker.host && given.database === worker.database ? WORKER_DATABASE_URL : DATABASE_URL;
}

function print({ ok, finding, ...rest }: Pick<Verification, 'ok' | 'finding'>, json: boolean, good: string): number {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  if (json) console.log(JSON.stringify({ ok, ...rest, finding: finding ?? null }, text));
  else if (finding) console.error(`broken: ${describeFinding(finding)}`);
  else console.log(good);
  return ok ? 0 : 1;
}

await runCommand({ name: 'audit:verify', usage: USAGE, options: OPTIONS, failed: 2 }, main);
