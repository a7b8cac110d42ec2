import { z } from 'zod';

/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets with its angle brackets. */
const MAX_LENGTH = 254;

const shape = z.email().max(MAX_LENGTH);

/** The one spelling that is stored, looked up and throttled: without outer space, compatibility forms folded, lower case. */
export function normalizeEmail(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

/** Whether a normalised text can be an address at all. */
export function isEmail(text: string): boolean {
  return shape.safeParse(text).success;
}
