/** Whether a text of one line can be stored: PostgreSQL takes neither NUL nor half a character, and nobody types the other control characters. */
export function isPrintable(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}]*$/u.test(text);
}
