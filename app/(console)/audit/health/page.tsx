import type { Metadata } from 'next';
import { getFormatter, getTranslations } from 'next-intl/server';
import { auditHealth, type AuditHealth } from '#lib/audit/health.ts';
import { db } from '#lib/db.ts';
import { actionNames } from '../../../_server/audit-texts.ts';
import { requirePermission } from '../../../_server/session.ts';
import { Counts } from '../../../_ui/counts.tsx';
import { Facts } from '../../../_ui/facts.tsx';
import { Figure } from '../../../_ui/figure.tsx';
import { Notice } from '../../../_ui/notice.tsx';
import { PageHead, Panel } from '../../../_ui/page.tsx';
import { VolumeChart } from '../../../_ui/volume-chart.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('auditHealth'))('title') };
}

export default async function AuditHealthPage() {
  await requirePermission('audit:read');
  const t = await getTranslations('auditHealth');
  const health = await auditHealth(db());
  const names = await actionNames();
  const actions = health.topActions.map(({ action, events }) => ({ name: names[action] ?? action, count: events }));
  const addresses = health.failuresByAddress.map(({ ip, failures }) => ({ name: ip, count: failures }));
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')}>
        <nav aria-label={t('back')} className="flex gap-4 text-sm underline underline-offset-4">
          <a href="/audit">{t('back')}</a>
          <a href="/audit/security">{t('security')}</a>
        </nav>
      </PageHead>
      <State health={health} />
      <Volume days={health.days} />
      <div className="mt-4 grid gap-4 lg:grid-cols-2">
        <Counts title={t('topActions')} counts={actions} none={t('none')} />
        <Counts title={t('addresses')} counts={addresses} none={t('none')} />
      </div>
    </>
  );
}

const mib = (bytes: number) => Math.round(bytes / 1024 / 1024);

async function State({ health: { proof, growth, retention } }: { health: AuditHealth }) {
  const t = await getTranslations('auditHealth');
  const format = await getFormatter();
  const at =
    proof.at === null ? '' : format.dateTime(proof.at, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return (
    <>
      <div className="mb-4 grid gap-3">
        {proof.at === null ? <Notice kind="warn">{t('proof.never')}</Notice> : null}
        {proof.at !== null && proof.ok ? (
          <Notice kind="good">{t('proof.good', { sequence: String(proof.verifiedUpTo), at })}</Notice>
        ) : null}
        {proof.finding === null ? null : <Notice kind="bad">{t('proof.bad', { at, finding: proof.finding })}</Notice>}
        {retention.working ? null : <Notice kind="bad">{t('retentionStopped', { count: retention.overdue })}</Notice>}
      </div>
      <dl aria-label={t('figures')} className="mb-4 grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4">
        <Figure name={t('pending')} value={proof.pending} note={t('lag', { seconds: proof.lagSeconds })} />
        <Figure name={t('verified')} value={Number(proof.verifiedUpTo)} />
        <Figure name={t('size')} value={mib(growth.bytes)} note={t('perDay', { mib: mib(growth.bytesPerDay) })} />
        {growth.daysUntilLimit === null ? (
          <Figure name={t('kept')} value={retention.days} />
        ) : (
          <Figure name={t('daysLeft')} value={growth.daysUntilLimit} />
        )}
      </dl>
    </>
  );
}

async function Volume({ days }: Pick<AuditHealth, 'days'>) {
  const t = await getTranslations('auditHealth');
  const format = await getFormatter();
  const name = (day: string) => format.dateTime(new Date(day), { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const marked = days.filter(({ mark }) => mark !== null);
  const events = days.reduce((total, day) => total + day.events, 0);
  const names = { usual: t('marks.usual'), spike: t('marks.spike'), hole: t('marks.hole') };
  return (
    <Panel title={t('chart')} lead={t('method')}>
      <VolumeChart
        days={days}
        ends={[name(days[0]?.day ?? ''), name(days.at(-1)?.day ?? '')]}
        names={names}
        summary={t('summary', { days: days.length, events, marked: marked.length })}
      />
      <h3 className="mt-4 text-sm font-semibold">{t('marked')}</h3>
      {marked.length === 0 ? (
        <p className="text-muted mt-2 text-sm">{t('nothingMarked')}</p>
      ) : (
        <Facts
          facts={marked.map((day) => ({ term: name(day.day), value: `${names[day.mark ?? 'usual']}: ${day.events}` }))}
        />
      )}
    </Panel>
  );
}
