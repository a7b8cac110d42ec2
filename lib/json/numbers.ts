/** A decimal number: significant digits and exponent. */
interface Decimal {
  digits: string;
  exponent: number;
}

function decimalOf(text: string): Decimal {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = withoutLastZeros(all);
  return { digits, exponent: Number(exponent) - fraction.length + (all.length - digits.length) };
}

/** Not `/0+$/`, which takes quadratic time on untrusted input. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits.charAt(end - 1) === '0') end -= 1;
  return digits.slice(0, end);
}

/** Integers below this length have at most 15 digits, which a double represents exactly. */
const SHORT = 16;

/** True when a JSON number survives a round trip as a double. The notation may change (`1.0`, `1e2`), the value may not. */
export function survivesAsDouble(text: string): boolean {
  if (text.length < SHORT && /^(?:-?[1-9]\d*|0)$/.test(text)) return true;
  const value = Number(text);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const [written, kept] = [decimalOf(text), decimalOf(String(value))];
  return written.digits === kept.digits && (written.digits === '' || written.exponent === kept.exponent);
}
