import { expect, test } from 'vitest';
import { isName, isPrintable, showInvisible } from './text.ts';

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
