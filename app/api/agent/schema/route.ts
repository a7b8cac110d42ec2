import { dataSchema } from '#lib/agents/contract/event.ts';
import { SCHEMA_TYPE } from '#lib/agents/contract/openapi.ts';

/** The JSON Schema of an event's `data`; a CloudEvent may name this address as its `dataschema`. */
export function GET(): Response {
  return Response.json(dataSchema(), {
    headers: { 'Content-Type': SCHEMA_TYPE, 'Cache-Control': 'public, max-age=300' },
  });
}
