import { z } from 'zod';

/**
 * JSON Schema (draft 2020-12) of what a zod type takes. Its patterns mean the same to ECMA-262, Python's `re` and Go's RE2, and a validator
 * that knows only one of them takes neither more nor less.
 */
export function toJsonSchema(type: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(type, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const { pattern, not } = jsonSchema;
      if (pattern === undefined) return;
      jsonSchema.pattern = withoutEscapes(pattern);
      // To Python `$` is also the place before a last LF, which none of our patterns takes.
      const lineEnd: z.core.JSONSchema.JSONSchema = { type: 'string', pattern: '\\n' };
      jsonSchema.not = typeof not === 'object' ? { anyOf: [not, lineEnd] } : lineEnd;
    },
  });
}

/** JavaScript writes the end of a line in a pattern as an escape that Go does not know; the character itself means the same. */
const withoutEscapes = (pattern: string): string =>
  pattern.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
