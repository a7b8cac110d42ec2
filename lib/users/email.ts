import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';

/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets with its angle brackets. */
const MAX_LENGTH = 254;

/** Address syntax of browsers (HTML Standard, "valid e-mail address"), so that form and server agree. */
const shape = z.email({ pattern: z.regexes.html5Email }).max(MAX_LENGTH);

/**
 * Normalises an address for storage, look-up and throttling: trimmed, NFKC, lower case, and the domain in ASCII form (RFC 5891), as
 * browsers send it.
 */
export function normalizeEmail(text: string): string {
  const folded = text.normalize('NFKC').trim().toLowerCase();
  const [, local, domain] = /^([^@]*)@([^@]*)$/.exec(folded) ?? [];
  if (local === undefined || domain === undefined || isAscii(domain)) return folded;
  return `${local}@${domainToASCII(domain)}`;
}

/** True when a normalised text is a valid address. */
export function isEmail(text: string): boolean {
  return shape.safeParse(text).success;
}

/**
 * True when an address from an identity provider is unambiguous: only its domain may have non-ASCII letters, and normalisation replaces or
 * drops nothing. Not so `ａnn@example.org` (full width), `ann@exam\u00adple.org` (a soft hyphen) and `аnn@example.org` (a Cyrillic letter).
 * Check it before linking an account by address: at the provider these may be different users.
 */
export function isUnambiguous(text: string): boolean {
  const [, local, domain] = /^([^@]*)@([^@]*)$/.exec(text) ?? [];
  if (local === undefined || domain === undefined || !isAscii(local)) return false;
  return isAscii(domain) || domainToUnicode(domainToASCII(domain)) === domain.toLowerCase();
}

const isAscii = (text: string) => /^[\x21-\x7e]*$/.test(text);
