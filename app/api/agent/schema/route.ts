import { dataSchema } from '#lib/agents/event.ts';

/** The JSON Schema of an event's `data`; a CloudEvent may name this address as its `dataschema`. */
export function GET(): Response {
  return Response.json(dataSchema(), {
    headers: { 'Content-Type': 'application/schema+json', 'Cache-Control': 'public, max-age=300' },
  });
}
