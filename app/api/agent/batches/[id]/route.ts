import { getBatchReport } from '#lib/agents/batches.ts';
import { db } from '#lib/db.ts';
import { agentProblem } from '../../../../_server/http/problem.ts';
import { withErrorResponses } from '../../../../_server/http/api.ts';
import { requestOrigin } from '../../../../_server/http/origin.ts';

/** The processing result of a batch, for the agent that sent it. */
export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return withErrorResponses(async ({ headers }) => {
    const origin = await requestOrigin('api');
    const result = await getBatchReport(db(), { authorization: headers.get('authorization'), origin }, id);
    if (!result.ok) return agentProblem(result);
    return Response.json(result.value, { headers: { 'Cache-Control': 'no-store' } });
  })(request);
}
