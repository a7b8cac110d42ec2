import { exportStream, isExportFormat } from '#lib/audit/export-stream.ts';
import { parseAuditQuery } from '#lib/audit/query.ts';
import { FORMATS } from '#lib/audit/formats.ts';
import { signingKey } from '#lib/audit/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { fail } from '#lib/errors.ts';
import { withPermission } from '../../../_server/api.ts';
import { problem } from '../../../_server/problem.ts';

/** The log as a file: `format` is ndjson, csv or ocsf, and the filters are those of the page. */
export const GET = withPermission('audit:export', async (request, { act }) => {
  const params = new URL(request.url).searchParams;
  const format = params.get('format') ?? 'ndjson';
  params.delete('format');
  if (!isExportFormat(format)) return problem(fail('bad_request', 'The format must be ndjson, csv or ocsf.'));
  const query = parseAuditQuery(params);
  if (!query.ok) return problem(query);
  const stream = await exportStream(db(), act, format, query.value.filters, signingKey(env()));
  const { contentType, extension } = FORMATS[format];
  const name = `audit-${new Date().toISOString().slice(0, 10)}.${extension}`;
  const headers = {
    'Content-Type': contentType,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'no-store',
  };
  return new Response(stream, { headers });
});
