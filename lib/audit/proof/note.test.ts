import { describe, expect, test } from 'vitest';
import { signingKey } from './signing.ts';
import { LOG_ORIGIN, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { checkNote, noteKeyText, parseNote, readNoteKey, signNote } from './note.ts';

const key = signingKey({ NEXTAUTH_SECRET: 'only-for-tests-only-for-tests-only' });
const stranger = signingKey({ NEXTAUTH_SECRET: 'another one, another one, another one' });
const keys = new Map([[key.id, key.publicKey]]);
const head = { size: 42, root: Buffer.alloc(32, 7) };
const note = signCheckpoint(key, head);

test('a note is a text, an empty line, and a line for each signature', () => {
  expect(note).toMatch(/^golive\/audit\n42\nBwcH[A-Za-z0-9+/]+=\n\n— golive\/audit [A-Za-z0-9+/]+=*\n$/);
  expect(openCheckpoint(note, keys)).toEqual({ origin: LOG_ORIGIN, ...head, keyId: key.id });
});

test('signatures of witnesses stand beside ours', () => {
  const witness = `— witness.example ${Buffer.alloc(76, 1).toString('base64')}\n`;
  expect(openCheckpoint(note + witness, keys)).toMatchObject(head);
  expect(openCheckpoint(note.replace('\n\n', `\n\n${witness}`), keys)).toMatchObject(head);
});

test('a key is read as other tools write it, and not when its hash is another key’s', () => {
  const text = noteKeyText({ name: LOG_ORIGIN, publicKey: key.publicKey });
  expect(text).toMatch(/^golive\/audit\+[0-9a-f]{8}\+AX?[A-Za-z0-9+/]+=*$/);
  const read = readNoteKey(text);
  expect(read?.publicKey.equals(key.publicKey)).toBe(true);
  expect(readNoteKey(text.replace('golive/audit', 'golive/other'))).toBeNull();
  for (const broken of ['', text.slice(0, -4), text.replace(/\+AX?/, '+BB'), 'a+00000000+AQ=='])
    expect(readNoteKey(broken)).toBeNull();
});

test.each([
  ['signed by a stranger', signCheckpoint(stranger, head), 'unknown key'],
  ['with another size', note.replace('42', '43'), 'bad signature'],
  ['of another log', signNote('other\n42\nAAAA\n', LOG_ORIGIN, key), 'malformed'],
  ['without its last line break', note.slice(0, -1), 'malformed'],
  ['without a signature', note.slice(0, note.indexOf('—')), 'malformed'],
  [
    'with a size that has a zero before it',
    signNote(note.split('\n\n')[0]?.replace('42', '042') + '\n', LOG_ORIGIN, key),
    'malformed',
  ],
  ['with a root that is too short', signNote('golive/audit\n1\nAAAA\n', LOG_ORIGIN, key), 'malformed'],
  ['with a root in other base64', note.replace('=\n\n', '\n\n'), 'malformed'],
])('a checkpoint %s is refused', (_, text, verdict) => {
  expect(openCheckpoint(text, keys)).toBe(verdict);
});

describe('of what is no note', () => {
  test.each([
    '',
    '\n',
    'a\n',
    'a\n\n',
    'a\n\nb\n',
    'a\n\n— x\n',
    'a\n\n— x AAAA\n',
    'a\u0007\n\n— x AAAAAAAA\n',
    '\n\n— x AAAAAAAA\n',
  ])('%j has no parts', (text) => {
    expect(parseNote(text)).toBeNull();
    expect(parseCheckpoint(text)).toBeNull();
  });
});

test('a second signature of the same key that does not hold spoils the first', () => {
  const parsed = parseNote(note);
  if (parsed === null) throw new Error('it is a note');
  const own = parsed.signatures[0];
  if (own === undefined) throw new Error('it is signed');
  const spoilt = { ...parsed, signatures: [own, { ...own, signature: Buffer.alloc(64) }] };
  const given = { name: LOG_ORIGIN, publicKey: key.publicKey };
  expect([checkNote(parsed, given), checkNote(spoilt, given)]).toEqual(['good', 'bad']);
});
