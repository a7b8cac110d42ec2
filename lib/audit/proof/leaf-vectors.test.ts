import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { leafOf } from './canonical.ts';
import { leafHash } from './merkle.ts';
import type { Form } from './leaf-bytes.ts';

interface Vector {
  form: Form;
  event: Record<string, unknown> & { id: string; time: number; metadata: unknown };
  text: string;
  kept: string;
  leafHash: string;
}

/** Computed by tests/foreign/python/prove.py, which shares no line with this code. */
const VECTORS = JSON.parse(readFileSync('tests/data/proof/leaves.json', 'utf8')) as Vector[];

test.each(VECTORS)('an event of form $form is the leaf that another implementation has computed', (vector) => {
  const { form, event, kept } = vector;
  expect(leafOf({ ...event, createdAt: new Date(event.time) }, form).toString('hex')).toBe(kept);
});

test('the vectors tell how a leaf is hashed, and that an erasure leaves it as it is', () => {
  for (const { form, text, kept, leafHash: hashed } of VECTORS)
    expect(leafHash(form === 1 ? Buffer.from(kept, 'hex') : Buffer.from(text)).toString('hex')).toBe(hashed);
  const [, , whole, erased] = VECTORS;
  expect(erased?.text).toBe(whole?.text);
});
