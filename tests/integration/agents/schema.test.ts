import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { dataSchema } from '#lib/agents/contract/event.ts';
import { validateEvents } from '#lib/agents/ingest/validate.ts';
import { testEvent } from '../../support/agents.ts';
import { command } from '../../support/command.ts';
import { everyLanguage, goPrograms, pythonPrograms, type ForeignPrograms } from '../../support/other-languages.ts';

const good = testEvent().data;
const actor = (id: unknown, label?: unknown) => ({ ...good, actor: { id, ...(label === undefined ? {} : { label }) } });

/** Data that is taken and data that is not, around every rule of the schema. */
const INSTANCES: unknown[] = [
  ...[good, { action: 'a', outcome: 'denied', actor: { id: 'x' } }, { ...good, metadata: {} }, { ...good, metadata: { '': 1 } }],
  ...[null, [], 'x', {}, { ...good, more: 1 }, { ...good, outcome: 'perhaps' }, { ...good, metadata: [] }],
  ...['a', 'a.b', 'a_b.c', 'A', 'a.', '.a', 'a\n', 'a.b.c.d.e.f', 'a.b.c.d.e.f.g', 'ä'].map((action) => ({ ...good, action })),
  ...['x', '', ' ', 'ü', '😀'.repeat(200), '😀'.repeat(201), 'x'.repeat(200), 'x'.repeat(201), 7].map((id) => actor(id)),
  ...['a\0', 'a\n', 'a\u007f', 'a\u0085', 'a\u00a0', 'a\u00ad', 'a\u034f', 'a\u200b', 'a\u2028', 'a\u202e', 'a\u2066', 'a\u3164', 'a\ufe0f',
    'a\ufeff', 'a\u{1d173}', 'a\u{e0041}', 'a\u{e0fff}', 'a\u{e1000}', 'a\u2027', 'a\u202f', 'a-b', 'a]b', 'a\\b', 'a^b'].flatMap((text) => [actor(text), actor('x', text)]),
  ...['x', 'X', '1', 'a-b', 'a\n', 'a'.repeat(40), 'a'.repeat(41)].map((type) => ({ ...good, target: { type, id: 'x' } })),
  ...['timeout', 'Timeout', 'a b', 'a.b-c_d'].map((reason) => ({ ...good, reason })),
  ...['a\u200bb', 'a\nb', '__proto__', 'constructor', 'prototype', 'ü'].map((name) => ({ ...good, metadata: Object.fromEntries([[name, 1]]) })),
]; // prettier-ignore

// Asked anew each time: an event made long after a test began would lie in its future.
const bounds = () => ({ agentName: 'x', now: new Date(), oldest: new Date(0) });
const accepts = (data: unknown) =>
  validateEvents({ events: [testEvent({ data })], problems: [] }, bounds()).rows.length === 1;
const listed = (verdicts: boolean[]) => INSTANCES.map((instance, n) => `${JSON.stringify(instance)} ${verdicts[n]}`);

test('the published schema takes what the checks take, for ajv', () => {
  const validate = new Ajv2020({ strict: true, allErrors: false }).compile(dataSchema());
  expect(listed(INSTANCES.map((instance) => validate(instance)))).toEqual(listed(INSTANCES.map(accepts)));
});

test('its patterns are written in what all engines read alike', () => {
  const patterns = [...JSON.stringify(dataSchema()).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
    ([, text]) => JSON.parse(text ?? '') as string,
  );
  expect(patterns.length).toBeGreaterThan(4);
  for (const pattern of patterns) expect(pattern).not.toMatch(/\\[pPu]|\(\?/);
});

type Validator = [name: string, programs: (promise: string) => ForeignPrograms | null];
const VALIDATORS: Validator[] = [['jsonschema of Python', pythonPrograms]];
if (everyLanguage) VALIDATORS.push(['santhosh-tekuri/jsonschema of Go', goPrograms]);

test.each(VALIDATORS)(
  'the published schema takes what the checks take, for %s',
  async (name, programs) => {
    const program = programs(`the JSON Schema of an event's data with ${name}`);
    if (program === null) return;
    const [file, args] = program('validate');
    const input = JSON.stringify({ schema: dataSchema(), instances: INSTANCES });
    const { stdout, stderr } = await command(file, args, { input });
    expect(stdout, stderr).not.toBe('');
    expect(listed(JSON.parse(stdout) as boolean[])).toEqual(listed(INSTANCES.map(accepts)));
  },
  400_000,
);
