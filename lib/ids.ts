import { randomUUID } from 'node:crypto';

/**
 * A version 7 UUID (RFC 9562, section 5.7): 48 bits of Unix time in milliseconds, then 74 random bits.
 * @param time the encoded time; ids of the same millisecond are in random order.
 */
export function uuidv7(time: Date = new Date()): string {
  const stamp = time.getTime().toString(16).padStart(12, '0');
  // Random bits, variant and hyphens of a version 4 UUID: Node pools those, which is much faster than randomBytes.
  return `${stamp.slice(0, 8)}-${stamp.slice(8, 12)}-7${randomUUID().slice(15)}`;
}

/** True when a text is a UUID: PostgreSQL raises an error for anything else. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
