import { readBatch } from '#lib/agents/batches.ts';
import { authenticate } from '#lib/agents/keys.ts';
import { db } from '#lib/db.ts';
import { agentProblem } from '../../../../_server/agent.ts';
import { answering } from '../../../../_server/api.ts';

/** What became of a batch, for the agent that sent it. */
export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answering(async ({ headers }) => {
    const caller = await authenticate(db(), headers.get('authorization'));
    const result = caller.ok ? await readBatch(db(), caller.value.agentId, id) : caller;
    if (!result.ok) return agentProblem(result);
    return Response.json(result.value, { headers: { 'Cache-Control': 'no-store' } });
  })(request);
}
