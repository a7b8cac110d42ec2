import type { Metadata } from 'next';
import { getFormatter, getTranslations } from 'next-intl/server';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { readAgent, type AgentDetail } from '#lib/agents/overview.ts';
import { db } from '#lib/db.ts';
import { requirePermission } from '../../../../_server/auth/session.ts';
import { titleOf } from '../../../../_server/i18n/title.ts';
import { FormField } from '../../../../_ui/form/action-form.tsx';
import { AgentKeyAction } from '../_components/agent-key-action.tsx';
import { Badge } from '../../../../_ui/data/badge.tsx';
import { ConfirmedAction } from '../../../../_ui/form/confirmed-action.tsx';
import { DescriptionList } from '../../../../_ui/data/description-list.tsx';
import { Given } from '../../../../_ui/data/given.tsx';
import { LocalTime } from '../../../../_ui/data/local-time.tsx';
import { PageHead, Panel } from '../../../../_ui/layout/page.tsx';
import { FocusOnChange } from '../../../../_ui/form/focus-on-change.tsx';
import { disableAgent, enableAgent, issueAgentKey } from '../actions.ts';
import { KeyPanel } from '../_components/key-panel.tsx';

interface Props {
  params: Promise<{ id: string }>;
}

const find = cache((id: string) => readAgent(db(), id));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const t = await getTranslations('agents');
  return titleOf('agents:manage', t('agent'), async () => (await find((await params).id))?.name);
}

export default async function AgentPage({ params }: Props) {
  await requirePermission('agents:manage');
  const agent = await find((await params).id);
  if (agent === null) notFound();
  const t = await getTranslations('agents');
  return (
    <>
      <p className="mb-4 text-sm">
        <a href="/admin/agents" className="text-muted underline-offset-4 hover:underline">
          ← {t('title')}
        </a>
      </p>
      <PageHead title={agent.name} lead={agent.description ? <Given text={agent.description} /> : null} />
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
  const entries = [
    {
      term: t('status'),
      value: (
        <span role="status">
          <Badge tone={disabled ? 'neutral' : 'good'}>{t(disabled ? 'disabled' : 'active')}</Badge>
        </span>
      ),
    },
    { term: t('rateLimit'), value: format.number(agent.eventsPerSecond) },
    { term: t('registered'), value: <LocalTime time={agent.createdAt.toISOString()} /> },
    { term: t('id'), value: agent.id, mono: true },
  ];
  return (
    <Panel title={t('about')}>
      <DescriptionList entries={entries} />
      <p className="my-4 text-sm">
        <a href={`/audit?target=${agent.id}`} className="underline underline-offset-4">
          {t('itsHistory')}
        </a>
      </p>
      <FocusOnChange by={disabled ? 'enable' : 'disable'}>
        <ConfirmedAction
          action={disabled ? enableAgent : disableAgent}
          fields={{ id: agent.id }}
          label={t(disabled ? 'enable.label' : 'disable.label')}
          text={t(disabled ? 'enable.hint' : 'disable.hint')}
          danger={!disabled}
        />
      </FocusOnChange>
    </Panel>
  );
}

async function IssueForm({ id }: { id: string }) {
  const t = await getTranslations('agents');
  return (
    <AgentKeyAction
      action={issueAgentKey}
      id={id}
      label={t('issue.label')}
      text={t('issue.hint')}
      done={t('keys.made')}
    >
      <FormField label={t('issue.days')} hint={t('issue.daysHint')} name="days" type="number" min={1} max={3650} />
    </AgentKeyAction>
  );
}
