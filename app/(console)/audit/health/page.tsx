import type { Metadata } from 'next';
import { getFormatter, getTranslations } from 'next-intl/server';
import { auditHealth, type AuditHealth } from '#lib/audit/reports/health.ts';
import { readReport } from '#lib/audit/events/read.ts';
import { db } from '#lib/db.ts';
import { actionNames } from '../_components/texts.ts';
import { auditContextOf, requirePermission } from '../../../_server/auth/session.ts';
import { Counts } from '../_components/counts.tsx';
import { AuditNav } from '../_components/nav.tsx';
import { DaysTable } from '../../../_ui/data/days-table.tsx';
import { duration } from '../_components/duration.ts';
import { DescriptionList } from '../../../_ui/data/description-list.tsx';
import { Stat, Stats } from '../../../_ui/data/stats.tsx';
import { Given } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';
import { Notice } from '../../../_ui/layout/notice.tsx';
import { PageHead, Panel } from '../../../_ui/layout/page.tsx';
import { VolumeChart } from '../_components/volume-chart.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('auditHealth'))('title') };
}

export default async function AuditHealthPage() {
  const user = await requirePermission('audit:read');
  const t = await getTranslations('auditHealth');
  const health = await readReport(db(), await auditContextOf(user, 'web'), 'health', () => auditHealth(db()));
  const names = await actionNames();
  const actions = health.topActions.map(({ action, events }) => ({ name: names[action] ?? action, count: events }));
  const addresses = health.failuresByAddress.map(({ ip, failures }) => ({ name: ip, count: failures }));
  return (
    <>
      <AuditNav />
      <PageHead title={t('title')} lead={t('lead')} />
      <HealthSummary health={health} />
      <Volume days={health.days} />
      <div className="mt-4 grid gap-4 lg:grid-cols-2">
        <Counts title={t('topActions')} counts={actions} none={t('none')} />
        <Counts title={t('addresses')} counts={addresses} none={t('none')} />
      </div>
    </>
  );
}

const mib = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10;

/** Shows small growth as "less than 0.1" instead of 0. */
const perDay = (bytes: number, format: Awaited<ReturnType<typeof getFormatter>>) =>
  mib(bytes) > 0 ? format.number(mib(bytes)) : `< ${format.number(0.1)}`;

async function HealthSummary({ health: { days, proof, growthOf, retention } }: { health: AuditHealth }) {
  const t = await getTranslations('auditHealth');
  const format = await getFormatter();
  const denials = days.reduce((total, day) => total + day.denials, 0);
  return (
    <>
      <div className="mb-4 grid gap-3">
        <Proof proof={proof} />
        {retention.working ? null : <Notice kind="bad">{t('retentionStopped', { count: retention.overdue })}</Notice>}
      </div>
      <Stats label={t('figures')}>
        <Stat
          name={t('pending')}
          value={proof.pending}
          {...(proof.pending > 0 ? { note: t('lag', { lag: duration(format, proof.lagSeconds) }) } : {})}
        />
        <Stat name={t('verified')} value={Number(proof.verifiedUpTo)} />
        <Stat name={t('denials')} value={denials} note={t('inDays', { days: days.length })} />
        <Stat
          name={t('size')}
          value={mib(growthOf.bytes)}
          note={t('perDay', { mib: perDay(growthOf.bytesPerDay, format) })}
        />
        <Stat
          name={t('kept')}
          value={retention.days}
          note={
            retention.lastPrune === null
              ? t('neverPruned')
              : t('lastPrune', { at: format.dateTime(retention.lastPrune, { dateStyle: 'medium', timeZone: 'UTC' }) })
          }
        />
        {growthOf.daysUntilLimit === null ? null : <Stat name={t('daysLeft')} value={growthOf.daysUntilLimit} />}
      </Stats>
    </>
  );
}

async function Proof({ proof }: { proof: AuditHealth['proof'] }) {
  const t = await getTranslations('auditHealth.proof');
  if (proof.at === null) return <Notice kind="warn">{t('never')}</Notice>;
  const at = () => <LocalTime time={proof.at?.toISOString() ?? ''} />;
  return (
    <>
      {proof.ok ? <Notice kind="good">{t.rich('good', { sequence: String(proof.verifiedUpTo), at })}</Notice> : null}
      {proof.finding === null ? null : (
        <Notice kind="bad">{t.rich('bad', { finding: () => <Given text={proof.finding ?? ''} />, at })}</Notice>
      )}
    </>
  );
}

async function Volume({ days }: Pick<AuditHealth, 'days'>) {
  const t = await getTranslations('auditHealth');
  const format = await getFormatter();
  const name = (day: string) => format.dateTime(new Date(day), { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const marked = days.filter(({ anomaly }) => anomaly !== null);
  const events = days.reduce((total, day) => total + day.events, 0);
  const names = { usual: t('marks.usual'), spike: t('marks.spike'), gap: t('marks.gap') };
  return (
    <Panel title={t('chart')} lead={t('method')}>
      <VolumeChart
        days={days}
        ends={[name(days[0]?.day ?? ''), name(days.at(-1)?.day ?? '')]}
        names={names}
        summary={t('summary', { days: days.length, events, marked: marked.length })}
      />
      <DaysTable
        caption={t('chart')}
        names={[t('events'), t('denials')]}
        days={days.map(({ day, events: count, denials }) => ({ day, label: name(day), counts: [count, denials] }))}
      />
      <h3 className="mt-4 text-sm font-semibold">{t('marked')}</h3>
      {marked.length === 0 ? (
        <p className="text-muted mt-2 text-sm">{t('nothingMarked')}</p>
      ) : (
        <DescriptionList
          entries={marked.map((day) => ({
            term: name(day.day),
            value: `${names[day.anomaly ?? 'usual']}: ${day.events}`,
          }))}
        />
      )}
    </Panel>
  );
}
