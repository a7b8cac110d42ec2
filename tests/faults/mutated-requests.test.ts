import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloudEvent } from '#lib/agents/contract/event.ts';
import { STATUS, type Result } from '#lib/errors.ts';
import { BATCH, processAll, send, STRUCTURED, testAgent, testEvent, type TestAgent } from '../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { full } from './support.ts';

const RUNS = full ? 5_000 : 300;

let database: TestDatabase;
let agent: TestAgent;
beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
});
afterAll(() => database[Symbol.asyncDispose]());

/** Values that have broken parsers and databases before. */
const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    '\0',
    'a\0b',
    '\ud800',
    '{}',
    '__proto__',
    -0,
    1e308,
    2 ** 53,
    true,
    [],
    {},
    '9999-12-31T23:59:59Z',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue({ maxDepth: 12 }) as fc.Arbitrary<unknown>,
  fc.integer({ min: 200, max: 5_000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 5, max: 3_000 }).map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown),
);

const PATHS = [
  ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data', 'extension', 'Bad-Name'].map((key) => [key]),
  ...['action', 'outcome', 'actor', 'target', 'correlationId', 'reason', 'metadata', 'more', '__proto__'].map((key) => ['data', key]),
  ...['id', 'label', 'type'].flatMap((key) => [['data', 'actor', key], ['data', 'target', key]]),
  ['data', 'metadata', 'deep'],
]; // prettier-ignore

/** Puts a value somewhere, or takes away what is there. */
function mutate(event: unknown, path: string[], value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  const object = typeof event === 'object' && event !== null ? (event as Record<string, unknown>) : {};
  const changed = mutate(object[head], rest, value);
  return Object.fromEntries([...Object.entries(object).filter(([key]) => key !== head), [head, changed]]);
}

const mutation = fc.tuple(fc.constantFrom(...PATHS), nasty);
const mutatedEvent = fc
  .array(mutation, { maxLength: 4 })
  .map((mutations) => mutations.reduce<unknown>((event, [path, value]) => mutate(event, path, value), testEvent()));

/** Cuts, repeats or replaces a piece of the text that goes over the wire. */
const garble = (text: string, at: number, cut: number, put: string): string =>
  text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut);

const request = fc.record({
  events: fc.array(mutatedEvent, { minLength: 1, maxLength: 4 }),
  type: fc.constantFrom(BATCH, STRUCTURED, 'application/json', 'text/plain', `${BATCH}; charset=utf-16`, ''),
  attributes: fc.dictionary(fc.constantFrom('ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'), fc.string({ unit: 'grapheme-ascii', maxLength: 40 })),
  garbling: fc.option(fc.tuple(fc.nat(5_000), fc.nat(20), fc.string({ unit: 'binary', maxLength: 8 })), { freq: 3 }),
}); // prettier-ignore

test(`${RUNS} mutated requests: never a 5xx, never a stored malformed event`, async () => {
  const property = fc.asyncProperty(request, async ({ events, type, attributes, garbling }) => {
    const text = JSON.stringify(type === STRUCTURED ? events[0] : events);
    const body = garbling === null ? text : garble(text, ...garbling);
    const result: Result<unknown> = await send(database.db, agent.secret, body, {
      ...attributes,
      'content-type': type,
    });
    if (!result.ok) expect(STATUS[result.code]).toBeLessThan(500);
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  await processAll(database.db);
  expect(await database.db.agentBatch.count({ where: { NOT: { state: 'done' } } })).toBe(0);

  const stored = await database.db.auditEvent.findMany({ where: { source: 'agent' } });
  expect(stored.length).toBeGreaterThan(0);
  for (const row of stored) {
    const { event, data } = row.metadata as { event: object; data: object };
    const again = cloudEvent.safeParse({
      specversion: '1.0',
      id: row.idempotencyKey,
      ...event,
      time: row.createdAt.toISOString(),
      data: {
        action: row.action.replace(/^agent\./, ''),
        outcome: row.outcome,
        actor: { id: row.actorId?.slice(agent.name.length + 1) },
        ...(row.targetType === null ? {} : { target: { type: row.targetType, id: row.targetId } }),
        ...(row.correlationId === null ? {} : { correlationId: row.correlationId }),
        metadata: data,
      },
    });
    expect(again.error?.issues ?? [], JSON.stringify(row)).toEqual([]);
  }
}, 600_000);
