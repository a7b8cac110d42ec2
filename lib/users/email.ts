import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';

/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets with its angle brackets. */
const MAX_LENGTH = 254;

/** What browsers take for an address (HTML Standard, "valid e-mail address"), so that the form and the server agree. */
const shape = z.email({ pattern: z.regexes.html5Email }).max(MAX_LENGTH);

/**
 * The one spelling that is stored, looked up and throttled: without outer space, compatibility forms folded, lower case, and the domain in
 * its ASCII form (RFC 5891), which is also what a browser's e-mail field sends.
 */
export function normalizeEmail(text: string): string {
  const folded = text.normalize('NFKC').trim().toLowerCase();
  const [, local, domain] = /^([^@]*)@([^@]*)$/.exec(folded) ?? [];
  if (local === undefined || domain === undefined || isAscii(domain)) return folded;
  return `${local}@${domainToASCII(domain)}`;
}

/** True when a normalised text can be an address at all. */
export function isEmail(text: string): boolean {
  return shape.safeParse(text).success;
}

/**
 * True when an address, as somebody else wrote it, cannot be taken for another one: only its domain may hold letters beyond ASCII, and nothing
 * is replaced or dropped on the way to the stored spelling. Not so `ａnn@example.org` (full width), `ann@exam\u00adple.org` (a soft hyphen) and
 * `аnn@example.org` (a Cyrillic letter). To be asked before an account is linked by its address: to the provider they may be two people.
 */
export function isUnambiguous(text: string): boolean {
  const [, local, domain] = /^([^@]*)@([^@]*)$/.exec(text) ?? [];
  if (local === undefined || domain === undefined || !isAscii(local)) return false;
  return isAscii(domain) || domainToUnicode(domainToASCII(domain)) === domain.toLowerCase();
}

const isAscii = (text: string) => /^[\x21-\x7e]*$/.test(text);
