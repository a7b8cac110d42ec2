import { ingest } from '#lib/agents/ingest/ingest.ts';
import { db } from '#lib/db.ts';
import { agentProblem } from '../../../_server/http/problem.ts';
import { withErrorResponses } from '../../../_server/http/api.ts';
import { requestOrigin } from '../../../_server/http/origin.ts';

/** Accepts CloudEvents: structured, binary or batch. 202 means that they will be processed; the batch resource reports when they are. */
export const POST = withErrorResponses(async (request) => {
  const origin = await requestOrigin('api');
  const result = await ingest(db(), { headers: request.headers, body: request.body, origin });
  if (!result.ok) return agentProblem(result);
  const location = `/api/agent/batches/${result.value.batchId}`;
  return Response.json(result.value, { status: 202, headers: { Location: location, 'Cache-Control': 'no-store' } });
});
