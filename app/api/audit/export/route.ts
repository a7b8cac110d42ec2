import { exportStream, parseDownload } from '#lib/audit/export/export-stream.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { withPermission } from '../../../_server/http/api.ts';
import { problem } from '../../../_server/http/problem.ts';

/** Exports the log as a file: parameters `format`, `manifest` and `bom`, and the filters of the page. */
export const GET = withPermission('audit:export', async (request, { context }) => {
  const parsed = parseDownload(new URL(request.url).searchParams);
  if (!parsed.ok) return problem(parsed);
  const { contentType, fileName, ...download } = parsed.value;
  const stream = await exportStream(db(), context, download, signingKey(env()));
  const headers = {
    'Content-Type': contentType,
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'Cache-Control': 'no-store',
  };
  return new Response(stream, { headers });
});
