import { hash, verify, type Options } from '@node-rs/argon2';
import { fail, ok, type Result } from '../errors.ts';
import { normalizeEmail } from '../users/email.ts';

/**
 * argon2id with 19 MiB, two passes, one lane: the first choice of OWASP's Password Storage Cheat Sheet. `algorithm: 2` is argon2id;
 * the package's const enum cannot be imported by code that is only stripped of its types.
 */
export const ARGON2_OPTIONS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/** Verified when there is no hash, so that unknown users take the same time. Its random password is unknown. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$oCGZIubQSYQ7WjWrJMaKSQ$gj94zcGTySy4a1BhBB60MkKYfBmKa0SP+kZ6V534YcQ';

export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

/** Minimum number of distinct characters. */
const MIN_DISTINCT = 5;

/** Common passwords of sufficient length. Compared without case, spaces and punctuation. */
const COMMON = new Set([
  '123456789012',
  '1234567890123',
  '12345678901234',
  '0123456789012',
  '123456789abc',
  '1234567890abc',
  '1q2w3e4r5t6y',
  '1qaz2wsx3edc',
  'abcdefghijkl',
  'abcdefghijklm',
  'adminadminadmin',
  'administrator',
  'administrator1',
  'changemechangeme',
  'changemenow123',
  'correcthorsebatterystaple',
  'iloveyou1234',
  'iloveyouiloveyou',
  'letmeinletmein',
  'letmeinplease',
  'passwordpassword',
  'password1234',
  'password12345',
  'password123456',
  'passwort1234',
  'qazwsxedcrfv',
  'qwerty123456',
  'qwertyqwerty',
  'qwertyuiop12',
  'qwertyuiop123',
  'qwertyuiopasdf',
  'welcome12345',
  'welcomewelcome',
  'йцукенгшщзхъ',
  'парольпароль',
]);

/** Unicode-normalised bytes, independent of how accents were typed. */
const bytesOf = (password: string) => Buffer.from(password.normalize('NFC'), 'utf8');

const length = (password: string) => Array.from(password).length;

/** Hashes a password; the result is in PHC form and carries its own parameters. Takes about 30 ms of CPU. */
export function hashPassword(password: string): Promise<string> {
  return hash(bytesOf(password), ARGON2_OPTIONS);
}

/** Verifies a password in constant time: without a hash, or with a password that is too long, the same work is done. */
export async function verifyPassword(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  const possible = length(password) <= PASSWORD_MAX;
  const matches = await verify(passwordHash ?? DUMMY_HASH, possible ? bytesOf(password) : '');
  return matches && possible && typeof passwordHash === 'string';
}

/** Points to the form's new-password field. */
const weak = (detail: string) => fail('weak_password', detail, { errors: [{ pointer: '#/newPassword', detail }] });

/**
 * Checks a new password: 12 to 128 characters, not the user's own address, not a common one. No character-class rules, as NIST SP 800-63B
 * advises.
 */
export function checkPasswordStrength(password: string, { email }: { email: string }): Result<void> {
  const size = length(password);
  if (size < PASSWORD_MIN) return weak(`Choose at least ${PASSWORD_MIN} characters.`);
  if (size > PASSWORD_MAX) return weak(`Choose at most ${PASSWORD_MAX} characters.`);
  const plain = password.normalize('NFKC').toLowerCase();
  const address = normalizeEmail(email);
  if (plain.trim() === address || plain.includes(address))
    return weak('Choose a password that does not contain your e-mail address.');
  if (new Set(plain).size < MIN_DISTINCT || COMMON.has(plain.replace(/[\s\p{P}]/gu, '')))
    return weak('This password is too common. Choose another.');
  return ok(undefined);
}
