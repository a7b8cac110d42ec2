import { openapi } from '#lib/agents/contract/openapi.ts';

/** The agents' API as an OpenAPI 3.1 document. */
export function GET(): Response {
  return Response.json(openapi(), { headers: { 'Cache-Control': 'public, max-age=300' } });
}
