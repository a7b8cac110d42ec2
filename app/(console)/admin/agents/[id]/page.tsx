import type { Metadata } from 'next';
import { getFormatter, getTranslations } from 'next-intl/server';
import { notFound } from 'next/navigation';
import { readAgent, type AgentDetail } from '#lib/agents/overview.ts';
import { db } from '#lib/db.ts';
import { requirePermission } from '../../../../_server/session.ts';
import { FormField } from '../../../../_ui/action-form.tsx';
import { AgentKeyAct } from '../../../../_ui/agent-key-act.tsx';
import { Badge } from '../../../../_ui/badge.tsx';
import { ConfirmedAct } from '../../../../_ui/confirmed-act.tsx';
import { Facts } from '../../../../_ui/facts.tsx';
import { LocalTime } from '../../../../_ui/local-time.tsx';
import { PageHead, Panel } from '../../../../_ui/page.tsx';
import { disableAgent, enableAgent, issueAgentKey } from '../actions.ts';
import { KeyPanel } from './key-panel.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('agents'))('agent') };
}

export default async function AgentPage({ params }: { params: Promise<{ id: string }> }) {
  await requirePermission('agents:manage');
  const agent = await readAgent(db(), (await params).id);
  if (agent === null) notFound();
  const t = await getTranslations('agents');
  return (
    <>
      <p className="mb-4 text-sm">
        <a href="/admin/agents" className="text-muted underline-offset-4 hover:underline">
          ← {t('title')}
        </a>
      </p>
      <PageHead title={agent.name} lead={agent.description} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <About agent={agent} />
        <div className="grid gap-4">
          <IssueForm id={agent.id} />
          {agent.keys.map((key) => (
            <KeyPanel key={key.id} agentKey={key} />
          ))}
        </div>
      </div>
    </>
  );
}

async function About({ agent }: { agent: AgentDetail }) {
  const t = await getTranslations('agents');
  const format = await getFormatter();
  const disabled = agent.disabledAt !== null;
  const facts = [
    {
      term: t('status'),
      value: <Badge tone={disabled ? 'neutral' : 'good'}>{t(disabled ? 'disabled' : 'active')}</Badge>,
    },
    { term: t('rateLimit'), value: format.number(agent.eventsPerSecond) },
    { term: t('registered'), value: <LocalTime time={agent.createdAt.toISOString()} /> },
    { term: t('id'), value: agent.id, mono: true },
  ];
  return (
    <Panel title={t('about')}>
      <Facts facts={facts} />
      <p className="my-4 text-sm">
        <a href={`/audit?target=${agent.id}`} className="underline underline-offset-4">
          {t('itsHistory')}
        </a>
      </p>
      <ConfirmedAct
        // Its opposite begins closed, as a second click must not undo the first.
        key={String(disabled)}
        action={disabled ? enableAgent : disableAgent}
        fields={{ id: agent.id }}
        label={t(disabled ? 'enable.label' : 'disable.label')}
        text={t(disabled ? 'enable.hint' : 'disable.hint')}
        danger={!disabled}
      />
    </Panel>
  );
}

async function IssueForm({ id }: { id: string }) {
  const t = await getTranslations('agents.issue');
  return (
    <AgentKeyAct action={issueAgentKey} id={id} label={t('label')} text={t('hint')}>
      <FormField label={t('days')} hint={t('daysHint')} name="days" type="number" min={1} max={3650} />
    </AgentKeyAct>
  );
}
