import { createHmac, timingSafeEqual } from 'node:crypto';
import { filtersToText, type AuditFilters } from './filters.ts';

/** Keyset position of a page's last row; the next page starts strictly after it. */
export interface Position {
  createdAt: Date;
  id: string;
}

const TIME_BYTES = 6;
const BODY_BYTES = TIME_BYTES + 16;
/** Truncated SHA-256: sufficient, since the tag only protects against accidental misuse. */
const TAG_BYTES = 16;

/** The tag covers the filters, so that a cursor used with other filters is rejected instead of skipping rows. */
function tagOf(body: Buffer, filters: AuditFilters, secret: string): Buffer {
  const hmac = createHmac('sha256', secret).update('golive audit cursor 1\n');
  return hmac
    .update(JSON.stringify(filtersToText(filters)))
    .update(body)
    .digest()
    .subarray(0, TAG_BYTES);
}

/**
 * Makes an opaque cursor: 6 bytes of Unix milliseconds, the 16 bytes of the id, and the tag, as base64url.
 * @param secret `NEXTAUTH_SECRET`; changing it invalidates all cursors.
 */
export function encodeCursor({ createdAt, id }: Position, filters: AuditFilters, secret: string): string {
  const body = Buffer.alloc(BODY_BYTES);
  body.writeUIntBE(createdAt.getTime(), 0, TIME_BYTES);
  body.write(id.replaceAll('-', ''), TIME_BYTES, 'hex');
  return Buffer.concat([body, tagOf(body, filters, secret)]).toString('base64url');
}

/** Reads a cursor; undefined when it was altered, made with another secret, or belongs to other filters. */
export function decodeCursor(text: string, filters: AuditFilters, secret: string): Position | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Buffer ignores invalid characters: only the canonical encoding is accepted.
  if (bytes.length !== BODY_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return undefined;
  const body = bytes.subarray(0, BODY_BYTES);
  if (!timingSafeEqual(bytes.subarray(BODY_BYTES), tagOf(body, filters, secret))) return undefined;
  const hex = body.toString('hex', TIME_BYTES);
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { createdAt: new Date(body.readUIntBE(0, TIME_BYTES)), id };
}
