import { proveEvent } from '#lib/audit/proof/prove.ts';
import { readAuditEvent } from '#lib/audit/events/read.ts';
import { trustedKeys } from '#lib/audit/proof/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { withPermission } from '../../../../_server/http/api.ts';
import { problem } from '../../../../_server/http/problem.ts';

/** The proof of one event as a file. It holds the event, so that this is a reading of it. */
export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return withPermission('audit:read', async (_, { context }) => {
    const read = await readAuditEvent(db(), context, id);
    if (!read.ok) return problem(read);
    const proof = await proveEvent(db(), trustedKeys(env()), id);
    if (!proof.ok) return problem(proof);
    const headers = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="${id}.tlog-proof"`,
      'Cache-Control': 'no-store',
    };
    return new Response(proof.value.text, { headers });
  })(request);
}
