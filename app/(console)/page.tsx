import type { Metadata } from 'next';
import { getFormatter, getTranslations } from 'next-intl/server';
import { db } from '#lib/db.ts';
import { readOverview, type Overview } from '#lib/overview.ts';
import { requirePermission } from '../_server/auth/session.ts';
import { DaysTable } from '../_ui/data/days-table.tsx';
import { Stat, Stats } from '../_ui/data/stats.tsx';
import { PageHead, Panel } from '../_ui/layout/page.tsx';
import { TrafficChart } from './_components/traffic-chart.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('overview'))('title') };
}

export default async function OverviewPage() {
  await requirePermission('overview:read');
  const t = await getTranslations('overview');
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <Summary />
    </>
  );
}

async function Summary() {
  const overview = await readOverview(db());
  const t = await getTranslations('overview');
  const { activeUsers, activeAdmins, openSessions, lastDay } = overview;
  return (
    <>
      <Stats label={t('figures')}>
        <Stat name={t('people')} value={activeUsers} note={t('admins', { count: activeAdmins })} />
        <Stat name={t('sessions')} value={openSessions} />
        <Stat name={t('signIns')} value={lastDay.signIns} note={t('lastDay')} />
        <Stat name={t('failures')} value={lastDay.failures} note={t('lastDay')} />
        <Stat name={t('denials')} value={lastDay.denials} note={t('lastDay')} />
      </Stats>
      <Days days={overview.days} />
    </>
  );
}

async function Days({ days }: Pick<Overview, 'days'>) {
  const t = await getTranslations('overview');
  const format = await getFormatter();
  const labels = days.map(({ day }) => format.dateTime(new Date(day), { day: 'numeric', month: 'short' }));
  const sum = (name: 'signIns' | 'failures' | 'denials') => days.reduce((total, day) => total + day[name], 0);
  const names = { signIns: t('signIns'), failures: t('failures'), denials: t('denials') };
  const totals = { signIns: sum('signIns'), failures: sum('failures'), denials: sum('denials') };
  return (
    <Panel title={t('chart')}>
      <TrafficChart
        days={days}
        labels={labels}
        names={names}
        summary={t('summary', { days: days.length, ...totals })}
      />
      <DaysTable
        caption={t('chart')}
        names={[names.signIns, names.failures, names.denials]}
        days={days.map(({ day, signIns, failures, denials }, index) => ({
          day,
          label: labels[index] ?? day,
          counts: [signIns, failures, denials],
        }))}
      />
    </Panel>
  );
}
