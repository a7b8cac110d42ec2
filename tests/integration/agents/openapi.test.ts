import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { ROUTE_GUARDS } from '#lib/access/route-guards.ts';
import { BATCH_TYPE, STRUCTURED_TYPE } from '#lib/agents/ingest/cloudevents.ts';
import { openapi } from '#lib/agents/contract/openapi.ts';
import { testEvent } from '../../support/agents.ts';
import { describedAnswers, schemasOf, type Description } from '../../support/openapi.ts';

const description = openapi() as unknown as Description;
const schema = schemasOf(description);

test('the description is an OpenAPI 3.1 document', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(openapi()))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('every operation of the agents’ API is described, and nothing else', () => {
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, '[$1]')}`),
  );
  const routes = Object.keys(ROUTE_GUARDS.apis).filter((route) => route.includes(' /api/agent/'));
  expect(described.sort()).toEqual(routes.sort());
});

test('every schema of an answer and of a request can be compiled', () => {
  for (const place of describedAnswers(description).values()) expect(schema(place)).toBeTypeOf('function');
  for (const type of [STRUCTURED_TYPE, BATCH_TYPE, 'application/json'])
    schema(
      `#/paths/~1api~1agent~1events/post/requestBody/content/${encodeURIComponent(type.replaceAll('/', '~1'))}/schema`,
    );
});

test('the schema of an event takes it in plain and in Base64, not both and not neither', () => {
  const validate = schema('#/components/schemas/CloudEvent');
  const { data, ...envelope } = testEvent();
  expect(validate({ ...envelope, data }), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...envelope, data_base64: 'e30=', traceparent: 'x' })).toBe(true);
  for (const wrong of [
    envelope,
    { ...envelope, data, data_base64: 'e30=' },
    { ...envelope, data: 7 },
    { ...envelope, data, id: 'a\u200b' },
    { ...envelope, data, time: 'now' },
    { ...envelope, data, specversion: '0.3' },
  ])
    expect(validate(wrong), JSON.stringify(wrong)).toBe(false);
});
