import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { readReport } from '#lib/audit/events/read.ts';
import { db } from '#lib/db.ts';
import { securityReport, type SecurityReport } from '#lib/security-report.ts';
import { actionNames } from '../_components/texts.ts';
import { auditContextOf, requirePermission } from '../../../_server/auth/session.ts';
import { Counts } from '../_components/counts.tsx';
import { AuditNav } from '../_components/nav.tsx';
import { Given } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';
import { Notice } from '../../../_ui/layout/notice.tsx';
import { PageHead, Panel } from '../../../_ui/layout/page.tsx';
import { Cell, HeadCell, Table } from '../../../_ui/data/table.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('security'))('title') };
}

export default async function SecurityPage() {
  const user = await requirePermission('audit:read');
  const report = await readReport(db(), await auditContextOf(user, 'web'), 'security', () => securityReport(db()));
  const t = await getTranslations('security');
  const outcomes = await getTranslations('audit.outcomes');
  const names = await actionNames();
  const outcomeName = (outcome: string) =>
    outcome === 'success' || outcome === 'failure' || outcome === 'denied' ? outcomes(outcome) : outcome;
  const events = report.events.map(({ action, outcome, count }) => ({
    name: `${names[action] ?? action} · ${outcomeName(outcome)}`,
    count,
  }));
  const none = t('none');
  return (
    <>
      <AuditNav />
      <PageHead title={t('title')} lead={t('lead')} />
      {report.enoughAdmins ? null : (
        <div className="mb-4">
          <Notice kind="warn">{t('fewAdmins')}</Notice>
        </div>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="grid gap-4">
          <Counts title={t('events')} counts={events} none={none} />
          <Counts
            title={t('denials')}
            counts={report.denialsByActor.map(({ actor: name, count }) => ({ name, count }))}
            none={none}
          />
          <Counts
            title={t('addresses')}
            counts={report.failuresByAddress.map(({ ip: name, count }) => ({ name, count }))}
            none={none}
          />
        </div>
        <div className="grid gap-4">
          <Admins admins={report.admins} />
          <Counts
            title={t('accounts')}
            counts={report.failuresByAccount.map(({ account: name, count }) => ({ name, count }))}
            none={none}
          />
        </div>
      </div>
    </>
  );
}

async function Admins({ admins }: Pick<SecurityReport, 'admins'>) {
  const t = await getTranslations();
  return (
    <Panel title={t('security.admins')}>
      <div className="-mx-2.5 mt-2 -mb-2 sm:-mx-4">
        <Table caption={t('security.admins')} bare>
          <thead>
            <tr>
              <HeadCell>{t('admin.email')}</HeadCell>
              <HeadCell>{t('admin.lastSeen')}</HeadCell>
            </tr>
          </thead>
          <tbody>
            {admins.map(({ email, lastSeenAt }) => (
              <tr key={email} className="border-line border-t">
                <Cell className="break-words">
                  <Given text={email} />
                </Cell>
                <Cell className="text-muted">
                  {lastSeenAt === null ? t('admin.never') : <LocalTime time={lastSeenAt.toISOString()} />}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Panel>
  );
}
