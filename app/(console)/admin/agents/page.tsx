import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { listAgents, readIngestOverview, type IngestOverview } from '#lib/agents/overview.ts';
import { db } from '#lib/db.ts';
import { requirePermission } from '../../../_server/auth/session.ts';
import { ActionForm, FormField, SubmitButton } from '../../../_ui/form/action-form.tsx';
import { AgentsTable } from './_components/agents-table.tsx';
import { ConfirmedAction } from '../../../_ui/form/confirmed-action.tsx';
import { Stat, Stats } from '../../../_ui/data/stats.tsx';
import { KeepMounted } from '../../../_ui/form/keep-mounted.tsx';
import { Empty, PageHead } from '../../../_ui/layout/page.tsx';
import { redriveAgentBatches, registerAgent } from './actions.ts';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('agents'))('title') };
}

export default async function AgentsPage() {
  await requirePermission('agents:manage');
  const t = await getTranslations('agents');
  const [overview, agents] = await Promise.all([readIngestOverview(db()), listAgents(db())]);
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <Ingestion overview={overview} />
      <div className="mb-6 grid gap-4">
        <KeepMounted show={overview.deadLetters > 0}>
          <ConfirmedAction
            action={redriveAgentBatches}
            label={t('redrive.label')}
            text={t('redrive.hint')}
            done={t('redrive.done')}
          />
        </KeepMounted>
        <ActionForm
          action={registerAgent}
          label={t('register.title')}
          disclosure={{ label: t('register.title') }}
          done={t('register.done')}
        >
          <div className="mb-4 grid gap-4 sm:grid-cols-3">
            <FormField label={t('name')} hint={t('register.nameHint')} name="name" required autoComplete="off" />
            <FormField label={t('description')} name="description" maxLength={200} autoComplete="off" />
            <FormField
              label={t('rateLimit')}
              name="eventsPerSecond"
              type="number"
              min={1}
              max={100_000}
              defaultValue="1000"
              required
            />
          </div>
          <SubmitButton look="primary">{t('register.submit')}</SubmitButton>
        </ActionForm>
      </div>
      {agents.length === 0 ? <Empty title={t('nobody')}>{t('nobodyHint')}</Empty> : <AgentsTable agents={agents} />}
    </>
  );
}

async function Ingestion({ overview }: { overview: IngestOverview }) {
  const t = await getTranslations('agents.figures');
  const { backlog, deadLetters, eventsPerMinute, conflicts, failures } = overview;
  const lag = Math.round(backlog.lagMs / 1000);
  return (
    <Stats label={t('label')}>
      <Stat name={t('rate')} value={eventsPerMinute} note={t('perMinute')} />
      <Stat name={t('lag')} value={lag} note={t('seconds', { count: lag })} />
      <Stat name={t('waiting')} value={backlog.events} note={t('events', { count: backlog.events })} />
      <Stat name={t('failures')} value={failures + conflicts} note={t('lastDay')} />
      <Stat name={t('deadLetters')} value={deadLetters} note={t('batches', { count: deadLetters })} />
    </Stats>
  );
}
