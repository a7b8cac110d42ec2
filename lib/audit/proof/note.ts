import { createPublicKey, hash, verify, sign, type KeyObject } from 'node:crypto';

/** Signed notes as https://c2sp.org/signed-note has them: a text, an empty line, and a line for each signature. */
export interface SignedNote {
  /** What is signed, with the line break at its end. */
  text: string;
  signatures: { name: string; keyHash: Buffer; signature: Buffer }[];
}

/** A key that checks notes: its name is that of the log. */
export interface NoteKey {
  name: string;
  publicKey: KeyObject;
}

const ED25519 = Buffer.from([1]);
const SIGNATURE_BYTES = 64;
/** The last bytes of an Ed25519 key in SPKI are the key. */
const RAW_BYTES = 32;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** Far more than a checkpoint with its witnesses needs. */
const MAX_SIGNATURES = 100;

const rawKey = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_BYTES);

/** The first four bytes of SHA-256(name || "\n" || 0x01 || public key): which key a signature line means. */
export function noteKeyHash({ name, publicKey }: NoteKey): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), ED25519, rawKey(publicKey)]);
  return Buffer.from(hash('sha256', named, 'buffer')).subarray(0, 4);
}

/** The key as tools for signed notes take it: `name+hash+base64(0x01 || key)`. */
export function noteKeyText(key: NoteKey): string {
  const encoded = Buffer.concat([ED25519, rawKey(key.publicKey)]).toString('base64');
  return `${key.name}+${noteKeyHash(key).toString('hex')}+${encoded}`;
}

/** Reads a key that `noteKeyText()` or another tool has written; null when the text is none, or its hash is not that of its key. */
export function readNoteKey(text: string): NoteKey | null {
  const [, name, keyHash, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim()) ?? [];
  if (name === undefined || keyHash === undefined || encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 1 + RAW_BYTES || bytes[0] !== ED25519[0]) return null;
  const der = Buffer.concat([SPKI_PREFIX, bytes.subarray(1)]);
  const key = { name, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
  return noteKeyHash(key).toString('hex') === keyHash ? key : null;
}

/** Signs a text that ends with a line break. @returns the whole note. */
export function signNote(
  text: string,
  name: string,
  { privateKey, publicKey }: Record<'privateKey' | 'publicKey', KeyObject>,
): string {
  const signed = Buffer.concat([noteKeyHash({ name, publicKey }), sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signed.toString('base64')}\n`;
}

/** The parts of a note, or null when the text is none. Nothing is checked against a key. */
export function parseNote(note: string): SignedNote | null {
  // Control characters other than line breaks, and what is not UTF-8, are in no note.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note) || !note.endsWith('\n')) return null;
  const end = note.lastIndexOf('\n\n');
  if (end < 1) return null;
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return null;
  const signatures: SignedNote['signatures'] = [];
  for (const line of lines) {
    const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const bytes = encoded === undefined ? null : strictBase64(encoded);
    if (name === undefined || bytes === null || bytes.length < 5) return null;
    signatures.push({ name, keyHash: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** What a key has to say about a note; signatures of others, such as witnesses, are passed over. */
export function checkNote({ text, signatures }: SignedNote, key: NoteKey): 'good' | 'bad' | 'unsigned' {
  const keyHash = noteKeyHash(key);
  const own = signatures.filter((line) => line.name === key.name && line.keyHash.equals(keyHash));
  if (own.length === 0) return 'unsigned';
  const good = own.every(
    ({ signature }) =>
      signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), key.publicKey, signature),
  );
  return good ? 'good' : 'bad';
}

/** Standard base64 that has one spelling for its bytes, or null. */
export function strictBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
