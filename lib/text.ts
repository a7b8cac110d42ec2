import { MEANT } from './joiners.ts';

/**
 * Invisible characters as code point ranges: control and format characters, line and paragraph separators, and default-ignorable ones (Cc,
 * Cf, Zl, Zp and Default_Ignorable_Code_Point of Unicode 17). Names that differ only in these look the same, and some change the text
 * direction. Not `\p{}`, because regular expressions of other languages use them too.
 */
const INVISIBLE: readonly (readonly [first: number, last: number])[] = [
  ...[[0x00, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x34f, 0x34f], [0x600, 0x605], [0x61c, 0x61c], [0x6dd, 0x6dd]],
  ...[[0x70f, 0x70f], [0x890, 0x891], [0x8e2, 0x8e2], [0x115f, 0x1160], [0x17b4, 0x17b5], [0x180b, 0x180f]],
  ...[[0x200b, 0x200f], [0x2028, 0x202e], [0x2060, 0x206f], [0x3164, 0x3164], [0xfe00, 0xfe0f], [0xfeff, 0xfeff]],
  ...[[0xffa0, 0xffa0], [0xfff0, 0xfffb], [0x110bd, 0x110bd], [0x110cd, 0x110cd], [0x13430, 0x1343f]],
  ...[[0x1bca0, 0x1bca3], [0x1d173, 0x1d17a], [0xe0000, 0xe0fff]],
] as [number, number][]; // prettier-ignore

const asClass = (code: number) =>
  code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : String.fromCodePoint(code);

/** The same as the content of a character class, portable between JavaScript, Python and Go. */
export const INVISIBLE_CLASS = INVISIBLE.map(([first, last]) => `${asClass(first)}-${asClass(last)}`).join('');

/** The control characters alone. */
export const CONTROL_CLASS = '\\x00-\\x1f\\x7f-\\x9f';

const CONTROL = new RegExp(`[${CONTROL_CLASS}]`, 'u');

/** True when a text has no control characters and no lone surrogates. */
export const isPrintable = (text: string): boolean => text.isWellFormed() && !CONTROL.test(text);

/** What is meant where it stands comes first, so that what matches the second is unseen for nothing. */
const INVISIBLE_PATTERN = new RegExp(`(${MEANT})|([${INVISIBLE_CLASS}])`, 'gu');
/** Cheap, and enough for nearly every text. */
const SUSPECT = new RegExp(`[${INVISIBLE_CLASS}]`, 'u');

/** Whether a text may be a name or a key: printable, and all of it is seen or, as the joiners within Persian words and emoji, changes what is. */
export const isName = (text: string): boolean =>
  text.isWellFormed() && (!SUSPECT.test(text) || showInvisible(text).every(({ isInvisible }) => !isInvisible));

/** Splits a text into visible parts and invisible characters, shown as code points, e.g. `U+202E`. */
export function showInvisible(text: string): { shown: string; isInvisible: boolean }[] {
  const whole = text.toWellFormed();
  const pieces: { shown: string; isInvisible: boolean }[] = [];
  let from = 0;
  if (!SUSPECT.test(whole)) return whole === '' ? [] : [{ shown: whole, isInvisible: false }];
  for (const { index, 0: char, 2: unseen } of whole.matchAll(INVISIBLE_PATTERN)) {
    if (unseen === undefined) continue;
    if (index > from) pieces.push({ shown: whole.slice(from, index), isInvisible: false });
    const code = (unseen.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    pieces.push({ shown: `U+${code}`, isInvisible: true });
    from = index + char.length;
  }
  if (from < whole.length) pieces.push({ shown: whole.slice(from), isInvisible: false });
  return pieces;
}

/** The same in one string, for where there is no markup. */
export const withInvisible = (text: string): string =>
  showInvisible(text)
    .map(({ shown }) => shown)
    .join('');

/** Letters that are written from right to left: the blocks of Unicode 17 set aside for them, presentation forms included. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * The same as a part of a line without markup: where it holds letters from the right, between the isolates of UAX #9 that `bdi` stands for,
 * so that it does not turn the rest of the line.
 */
export function isolated(text: string): string {
  const shown = withInvisible(text);
  return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}
