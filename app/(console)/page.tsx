import type { Metadata } from 'next';
import { getFormatter, getTranslations } from 'next-intl/server';
import { db } from '#lib/db.ts';
import { readOverview, type Overview } from '#lib/overview.ts';
import { requirePermission } from '../_server/session.ts';
import { Disclosure } from '../_ui/disclosure.tsx';
import { Figure } from '../_ui/figure.tsx';
import { PageHead, Panel } from '../_ui/page.tsx';
import { Cell, HeadCell, Table } from '../_ui/table.tsx';
import { TrafficChart } from '../_ui/traffic-chart.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('overview'))('title') };
}

export default async function OverviewPage() {
  await requirePermission('overview:read');
  const t = await getTranslations('overview');
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <Figures />
    </>
  );
}

async function Figures() {
  const overview = await readOverview(db());
  const t = await getTranslations('overview');
  const { activePeople, activeAdmins, openSessions, lastDay } = overview;
  return (
    <>
      <dl aria-label={t('figures')} className="mb-4 grid grid-cols-2 gap-3 sm:gap-4 md:grid-cols-3 lg:grid-cols-5">
        <Figure name={t('people')} value={activePeople} note={t('admins', { count: activeAdmins })} />
        <Figure name={t('sessions')} value={openSessions} />
        <Figure name={t('signIns')} value={lastDay.signIns} note={t('lastDay')} />
        <Figure name={t('failures')} value={lastDay.failures} note={t('lastDay')} />
        <Figure name={t('denials')} value={lastDay.denials} note={t('lastDay')} />
      </dl>
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
      <div className="mt-4">
        <Disclosure label={t('table')}>
          <Table caption={t('chart')}>
            <thead>
              <tr>
                <HeadCell>{t('day')}</HeadCell>
                <HeadCell>{names.signIns}</HeadCell>
                <HeadCell>{names.failures}</HeadCell>
                <HeadCell>{names.denials}</HeadCell>
              </tr>
            </thead>
            <tbody>
              {days.map(({ day, signIns, failures, denials }, index) => (
                <tr key={day} className="border-line border-t tabular-nums">
                  <Cell>{labels[index]}</Cell>
                  <Cell>{signIns}</Cell>
                  <Cell>{failures}</Cell>
                  <Cell>{denials}</Cell>
                </tr>
              ))}
            </tbody>
          </Table>
        </Disclosure>
      </div>
    </Panel>
  );
}
