import { expect, test } from 'vitest';
import { isName, isolated, isPrintable, showInvisible, withInvisible } from './text.ts';

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

test('of all code points of Unicode a name takes exactly those that are seen', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const char = String.fromCodePoint(code);
    if (isName(char) === HIDDEN.test(char)) wrong.push(code.toString(16));
    if (isPrintable(char) === /[\p{Cc}\p{Cs}]/u.test(char)) wrong.push(`printable ${code.toString(16)}`);
  }
  expect(wrong).toEqual([]);
});

test('what is not seen is shown as its code point, all else as it is', () => {
  expect(showInvisible('a\u202Eb\u{E0041}ü😀')).toEqual([
    { shown: 'a', isInvisible: false },
    { shown: 'U+202E', isInvisible: true },
    { shown: 'b', isInvisible: false },
    { shown: 'U+E0041', isInvisible: true },
    { shown: 'ü😀', isInvisible: false },
  ]);
  expect(showInvisible('\0\ud800')).toEqual([
    { shown: 'U+0000', isInvisible: true },
    { shown: '\ufffd', isInvisible: false },
  ]);
  expect(showInvisible('')).toEqual([]);
});

const MEANT_IN = [
  'علی‌رضا', // Persian: ye, ZWNJ, re
  'می‌خواهم',
  'ශ්‍රී', // Sinhala: virama, ZWJ
  'क्‍ष',
  'क्‌ष',
  'ഫാര്‍മ',
  '👩‍👧',
  '👩🏽‍🚀',
  '🏳️‍🌈',
  '❤️‍🔥',
  '❤️',
  '1️⃣',
];
const MEANT_NOWHERE = [
  ...['Ann‍a', 'Ann‌a', '‍Anna', 'Anna‌', 'И‍ван', 'a️', '1️', '😀️', '😀‍', '‍😀', 'Anna‍😀'],
  // Hamza and alef join nothing after them; nothing comes after the last ye.
  ...['ا‌ب', 'ء‌ب', 'علی‌', 'ی‌‌ر', 'क‍', 'क्‌', '्‍क', '1️2'],
];

test('joiners stand in names where they change what is seen: in Persian and Indic words and in emoji', () => {
  for (const name of MEANT_IN) {
    expect(isName(name), JSON.stringify(name)).toBe(true);
    expect(showInvisible(name)).toEqual([{ shown: name, isInvisible: false }]);
  }
  for (const name of MEANT_NOWHERE) {
    expect(isName(name), JSON.stringify(name)).toBe(false);
    expect(withInvisible(name)).toMatch(/U\+(?:200[CD]|FE0F)/);
  }
});

test('a text with letters from the right is isolated in a line without markup, and any other is left as it is', () => {
  for (const text of ['שלום', 'a א', 'العربية', 'ܐ', '\u{1e900}', '\ufb1d'])
    expect(isolated(text)).toBe(`\u2068${text}\u2069`);
  for (const text of ['Anna', 'Größe', '日本', '', '😀']) expect(isolated(text)).toBe(text);
  expect(isolated('א\u202eb'), 'an isolate of the text itself closes nothing').toBe('\u2068אU+202Eb\u2069');
  expect(isolated('א\u2069b')).toBe('\u2068אU+2069b\u2069');
});
