import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { ACTIONS, OUTCOMES, SOURCES, type AuditContext } from '#lib/audit/events/catalogue.ts';
import { FILTER_NAMES, momentField } from '#lib/audit/events/filters.ts';
import { parseAuditQuery } from '#lib/audit/events/query.ts';
import { readAudit } from '#lib/audit/events/read.ts';
import { verificationState } from '#lib/audit/verification/state.ts';
import { db } from '#lib/db.ts';
import type { Failure } from '#lib/errors.ts';
import { actionNames, auditTexts } from './_components/texts.ts';
import { searchParamsOf, type SearchParams } from '../../_server/http/query.ts';
import { auditContextOf, requirePermission } from '../../_server/auth/session.ts';
import { AuditFilters } from './_components/filters.tsx';
import { AuditNav } from './_components/nav.tsx';
import { AuditTable } from './_components/table.tsx';
import { LocalTime } from '../../_ui/data/local-time.tsx';
import { Notice } from '../../_ui/layout/notice.tsx';
import { Empty, PageHead } from '../../_ui/layout/page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('audit'))('title') };
}

/** Spreadsheets open the plain CSV; the zip also holds the signed manifest. */
const EXPORTS = [
  { name: 'ndjson', format: 'ndjson' },
  { name: 'csv', format: 'csv', bom: 'true' },
  { name: 'csvProof', format: 'csv', manifest: 'beside' },
  { name: 'ocsf', format: 'ocsf' },
] as const;

export default async function AuditPage({ searchParams }: { searchParams: SearchParams }) {
  const user = await requirePermission('audit:read');
  const params = await searchParamsOf(searchParams);
  const t = await getTranslations('audit');
  const names = await actionNames();
  const filters: Record<string, string> = {};
  for (const name of FILTER_NAMES) {
    const value = params.get(name);
    if (value) filters[name] = name === 'from' || name === 'to' ? momentField(value) : value;
  }
  const actions = Object.keys(ACTIONS).map((value) => ({ value, text: names[value] ?? value }));
  return (
    <>
      <AuditNav />
      <PageHead title={t('title')} lead={t('lead')}>
        <nav aria-label={t('export.label')} className="text-muted flex flex-wrap gap-x-4 gap-y-1 text-sm">
          {EXPORTS.map(({ name, ...how }) => (
            <a
              key={name}
              download
              href={`/api/audit/export?${new URLSearchParams({ ...filters, ...how }).toString()}`}
              className="underline underline-offset-4"
            >
              {t(`export.${name}`)}
            </a>
          ))}
        </nav>
      </PageHead>
      <Proof />
      <div className="mb-6">
        <AuditFilters given={filters} actions={actions} outcomes={OUTCOMES} sources={SOURCES} />
      </div>
      <Log params={params} filters={filters} context={await auditContextOf(user, 'web')} />
    </>
  );
}

/** The result of the last verification, in one line. */
async function Proof() {
  const { at, ok, verifiedUpTo } = await verificationState(db());
  const t = await getTranslations('audit.proof');
  if (at === null) return null;
  return (
    <p className="text-muted mb-4 text-sm">
      {t.rich(ok ? 'good' : 'bad', {
        sequence: String(verifiedUpTo),
        at: () => <LocalTime time={at.toISOString()} />,
      })}
    </p>
  );
}

/** The error message for a rejected query, with the filter's label from the form. */
async function queryError({ code, extra }: Failure): Promise<string> {
  const t = await getTranslations();
  if (code !== 'invalid_filter') return t(`errors.codes.${code}`);
  const known = FILTER_NAMES.find((name) => name === extra?.filter);
  return t('audit.unusable', { name: known ? t(`audit.filters.${known}`) : String(extra?.filter) });
}

interface LogProps {
  params: URLSearchParams;
  filters: Record<string, string>;
  context: AuditContext;
}

/** The rows of the page, or a message when there are none. */
async function Log({ params, filters, context }: LogProps) {
  const t = await getTranslations();
  const query = parseAuditQuery(params);
  if (!query.ok) {
    return (
      <Notice kind="bad">
        {await queryError(query)}{' '}
        <a href="/audit" className="underline">
          {t('audit.again')}
        </a>
      </Notice>
    );
  }
  const page = await readAudit(db(), context, query.value);
  if (page.events.length === 0) {
    const filtered = Object.keys(filters).length > 0;
    return (
      <Empty title={t(filtered ? 'audit.nothingFound' : 'audit.nothingYet')}>
        {filtered ? (
          <a href="/audit" className="underline">
            {t('audit.filters.clear')}
          </a>
        ) : null}
      </Empty>
    );
  }
  const first = {
    events: page.events.map((event) => ({ ...event, createdAt: event.createdAt.toISOString() })),
    nextCursor: page.nextCursor,
  };
  return (
    <>
      {query.value.cursor === undefined ? null : (
        <p className="text-muted mb-4 text-sm">
          {t('audit.older')}{' '}
          <a href={`/audit?${new URLSearchParams(filters).toString()}`} className="text-ink underline">
            {t('audit.newest')}
          </a>
        </p>
      )}
      <AuditTable
        key={params.toString()}
        first={first}
        query={new URLSearchParams(filters).toString()}
        texts={await auditTexts()}
      />
    </>
  );
}
