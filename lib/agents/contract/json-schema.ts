import { z } from 'zod';

/** JSON Schema (draft 2020-12) of a zod type's input. Its patterns have the same meaning in ECMA-262, Python's `re` and Go's RE2. */
export function toJsonSchema(type: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(type, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const { pattern, not } = jsonSchema;
      if (pattern === undefined) return;
      jsonSchema.pattern = withoutEscapes(pattern);
      // In Python `$` also matches before a final LF, which none of our patterns accepts.
      const lineEnd: z.core.JSONSchema.JSONSchema = { type: 'string', pattern: '\\n' };
      jsonSchema.not = typeof not === 'object' ? { anyOf: [not, lineEnd] } : lineEnd;
    },
  });
}

/** Replaces `\u` escapes, which Go does not support, by the characters themselves. */
const withoutEscapes = (pattern: string): string =>
  pattern.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
