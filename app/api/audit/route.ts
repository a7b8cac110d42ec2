import { readAudit } from '#lib/audit/events/read.ts';
import { parseAuditQuery } from '#lib/audit/events/query.ts';
import { db } from '#lib/db.ts';
import { withPermission } from '../../_server/http/api.ts';
import { problem } from '../../_server/http/problem.ts';

/** One page of the audit log, newest first. `cursor` is the `nextCursor` of the page before, used with the same filters. */
export const GET = withPermission('audit:read', async (request, { context }) => {
  const query = parseAuditQuery(new URL(request.url).searchParams);
  if (!query.ok) return problem(query);
  return Response.json(await readAudit(db(), context, query.value), { headers: { 'Cache-Control': 'no-store' } });
});
