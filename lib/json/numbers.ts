/** A number's digits without zeros at either end, and the power of ten of the last one. */
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

/** By hand: `/0+$/` takes time with the square of the zeros in the middle, and a stranger chooses how many there are. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits.charAt(end - 1) === '0') end -= 1;
  return digits.slice(0, end);
}

/** Below this many characters a whole number has at most 15 digits, which a double always holds. */
const SHORT = 16;

/**
 * Whether a JSON number is still the same number after it was read as a double and written again. Notation may change (`1.0` and `1e2` are
 * fine), the value may not: beyond 2^53, with too many digits, too large, too small, or a zero with a sign.
 */
export function survivesAsDouble(text: string): boolean {
  if (text.length < SHORT && /^(?:-?[1-9]\d*|0)$/.test(text)) return true;
  const value = Number(text);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const [written, kept] = [decimalOf(text), decimalOf(String(value))];
  return written.digits === kept.digits && (written.digits === '' || written.exponent === kept.exponent);
}
