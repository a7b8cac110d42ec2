import { toPointer } from '../../json/pointer.ts';
import { parseStrict } from '../../json/strict.ts';
import { decodeUtf8 } from '../../json/utf8.ts';

/** Canonical Base64 with padding (RFC 4648, section 4); Buffer would ignore invalid characters. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** An envelope with decoded `data`, or the problem with its `data_base64`. */
export type DecodedEnvelope = { ok: true; envelope: unknown } | { ok: false; detail: string };

/** Replaces `data_base64` by decoded `data` (JSON format of CloudEvents 1.0.2, section 3.1); both at once are rejected. */
export function decodeDataBase64(envelope: unknown): DecodedEnvelope {
  if (typeof envelope !== 'object' || envelope === null || !('data_base64' in envelope)) return { ok: true, envelope };
  const { data_base64: encoded, ...rest } = envelope;
  if ('data' in rest) return { ok: false, detail: 'must not be sent together with data' };
  if (typeof encoded !== 'string' || !BASE64.test(encoded)) return { ok: false, detail: 'is not Base64' };
  const text = decodeUtf8(Buffer.from(encoded, 'base64'));
  if (text === null) return { ok: false, detail: 'holds bytes that are not UTF-8' };
  const parsed = parseStrict(text);
  if (!parsed.ok) return { ok: false, detail: `holds a text that ${parsed.detail}` };
  const [problem] = parsed.problems;
  if (problem !== undefined) return { ok: false, detail: `holds ${toPointer(problem.path)}, which ${problem.detail}` };
  return { ok: true, envelope: { ...rest, data: parsed.value } };
}
