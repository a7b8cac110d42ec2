import { getFormatter, getTranslations } from 'next-intl/server';
import type { AgentRow } from '#lib/agents/overview.ts';
import { Badge } from '../../../../_ui/data/badge.tsx';
import { Given } from '../../../../_ui/data/given.tsx';
import { LocalTime } from '../../../../_ui/data/local-time.tsx';
import { Cell, HeadCell, Table } from '../../../../_ui/data/table.tsx';

/** Agents with their keys and usage; less important columns are hidden on narrow screens. */
export async function AgentsTable({ agents }: { agents: AgentRow[] }) {
  const t = await getTranslations('agents');
  const format = await getFormatter();
  return (
    <Table caption={t('title')}>
      <thead className="border-line border-b">
        <tr>
          <HeadCell>{t('name')}</HeadCell>
          <HeadCell>{t('status')}</HeadCell>
          <HeadCell className="text-right max-md:hidden">{t('keys.live')}</HeadCell>
          <HeadCell className="text-right max-sm:hidden">{t('events')}</HeadCell>
          <HeadCell className="max-lg:hidden">{t('lastUsed')}</HeadCell>
        </tr>
      </thead>
      <tbody className="divide-line divide-y">
        {agents.map(({ id, name, description, disabled, liveKeys, events, lastUsedAt }) => (
          <tr key={id} className="hover:bg-sunken">
            <Cell className="w-full max-w-0 wrap-anywhere">
              <a href={`/admin/agents/${id}`} className="font-medium underline-offset-4 hover:underline">
                <Given text={name} />
              </a>
              {description ? (
                <p className="text-muted mt-1">
                  <Given text={description} />
                </p>
              ) : null}
            </Cell>
            <Cell>
              <Badge tone={disabled ? 'neutral' : 'good'}>{t(disabled ? 'disabled' : 'active')}</Badge>
            </Cell>
            <Cell className="text-right tabular-nums max-md:hidden">{format.number(liveKeys)}</Cell>
            <Cell className="text-right tabular-nums max-sm:hidden">{format.number(events)}</Cell>
            <Cell className="text-muted whitespace-nowrap max-lg:hidden">
              {lastUsedAt ? <LocalTime time={lastUsedAt.toISOString()} /> : t('never')}
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
