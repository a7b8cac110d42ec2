import { getFormatter, getTranslations } from 'next-intl/server';
import { keyState, type AgentKeyRow } from '#lib/agents/overview.ts';
import { FormField } from '../../../../_ui/form/action-form.tsx';
import { AgentKeyAction } from './agent-key-action.tsx';
import { Badge } from '../../../../_ui/data/badge.tsx';
import { ConfirmedAction } from '../../../../_ui/form/confirmed-action.tsx';
import { DescriptionList } from '../../../../_ui/data/description-list.tsx';
import { LocalTime } from '../../../../_ui/data/local-time.tsx';
import { Panel } from '../../../../_ui/layout/page.tsx';
import { FocusOnChange } from '../../../../_ui/form/focus-on-change.tsx';
import { expireAgentKey, revokeAgentKey, rotateAgentKey } from '../actions.ts';

const TONES = { valid: 'good', expired: 'neutral', revoked: 'neutral' } as const;

/** One key with its state, its usage and the actions that are available while it is valid. */
export async function KeyPanel({ agentKey }: { agentKey: AgentKeyRow }) {
  const t = await getTranslations('agents');
  const format = await getFormatter();
  const state = keyState(agentKey);
  const moment = (at: Date | null) => (at ? <LocalTime time={at.toISOString()} /> : null);
  const status = (
    <span role="status">
      <Badge tone={TONES[state]}>{t(`keys.${state}`)}</Badge>
    </span>
  );
  const entries = [
    { term: t('status'), value: status },
    { term: t('keys.issued'), value: moment(agentKey.createdAt) },
    { term: t('keys.expires'), value: agentKey.revokedAt ? null : moment(agentKey.expiresAt) },
    { term: t('keys.revokedAt'), value: moment(agentKey.revokedAt) },
    { term: t('lastUsed'), value: moment(agentKey.lastUsedAt) ?? t('never') },
    { term: t('events'), value: format.number(agentKey.events) },
  ];
  return (
    <Panel title={`${agentKey.prefix}…`}>
      <DescriptionList entries={entries} />
      <FocusOnChange by={state}>{state === 'valid' ? <KeyActions agentKey={agentKey} /> : null}</FocusOnChange>
    </Panel>
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Lifetime of the key in days, offered as the default for its replacement; empty when it does not expire. */
const lifetime = ({ createdAt, expiresAt }: AgentKeyRow): string =>
  expiresAt === null ? '' : String(Math.ceil((expiresAt.getTime() - createdAt.getTime()) / DAY_MS));

async function KeyActions({ agentKey }: { agentKey: AgentKeyRow }) {
  const target = { id: agentKey.id, subject: `${agentKey.prefix}…` };
  const t = await getTranslations('agents');
  return (
    <div className="mt-4 grid gap-3">
      <AgentKeyAction
        {...target}
        action={rotateAgentKey}
        label={t('rotate.label')}
        text={t('rotate.hint')}
        done={t('keys.made')}
      >
        <FormField label={t('rotate.hours')} name="hours" type="number" min={1} max={720} defaultValue="24" required />
        <FormField
          label={t('issue.days')}
          hint={t('issue.daysHint')}
          name="days"
          type="number"
          min={1}
          max={3650}
          defaultValue={lifetime(agentKey)}
        />
      </AgentKeyAction>
      <AgentKeyAction
        {...target}
        action={expireAgentKey}
        label={t('expire.label')}
        text={t('expire.hint')}
        done={t('expire.done')}
      >
        <FormField label={t('expire.days')} name="days" type="number" min={1} max={3650} defaultValue="30" required />
      </AgentKeyAction>
      <ConfirmedAction
        action={revokeAgentKey}
        fields={{ id: target.id }}
        label={t('revoke.label')}
        subject={target.subject}
        text={t('revoke.hint')}
        danger
      />
    </div>
  );
}
