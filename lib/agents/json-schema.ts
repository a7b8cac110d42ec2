import { z } from 'zod';

/** JSON Schema (draft 2020-12) of what a zod type takes. Its patterns are read alike by ECMA-262, Python's `re` and Go's RE2. */
export function toJsonSchema(type: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(type, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // JavaScript writes the end of a line in a pattern as an escape that Go does not know; the character itself means the same.
      const written = jsonSchema.pattern?.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      if (written !== undefined) jsonSchema.pattern = written;
    },
  });
}
