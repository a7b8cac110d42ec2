import { randomBytes } from 'node:crypto';

/**
 * A version 7 UUID (RFC 9562, section 5.7): 48 bits of Unix time in milliseconds, then 74 random bits.
 * @param time the moment it carries; two ids of one millisecond are in random order.
 */
export function uuidv7(time: Date = new Date()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(time.getTime(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Whether a text can be compared with a uuid column: PostgreSQL raises an error for anything else. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
