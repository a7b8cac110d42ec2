import { OUTCOME_TONES, type AuditTexts, type ShownEvent } from './event.ts';
import { Badge } from '../../../_ui/data/badge.tsx';
import { Given } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';
import { Cell } from '../../../_ui/data/table.tsx';

/** One event. On narrow screens the first cell also shows the hidden columns. */
export function AuditRow({ event, texts }: { event: ShownEvent; texts: AuditTexts }) {
  const name = texts.actions[event.action];
  const erased = (field: string) => (event.erased.includes(field) ? texts.erased : null);
  const actorText = event.actorLabel ?? erased('actorLabel') ?? event.actorId ?? texts.anonymous;
  const targetText = event.targetLabel ?? erased('targetLabel') ?? event.targetId;
  const ip = event.ip ?? erased('ip');
  const actor = <Given text={actorText} />;
  const target = targetText === null ? '—' : <Given text={targetText} />;
  const time = <LocalTime time={event.createdAt} seconds />;
  return (
    <tr className="border-line hover:bg-sunken border-t">
      <Cell className="text-muted whitespace-nowrap max-md:hidden">{time}</Cell>
      <Cell className="max-w-0 max-md:w-full md:w-1/4">
        <a href={`/audit/${event.id}`} className="font-medium underline-offset-4 hover:underline">
          {name ?? <Given text={event.action} />}
        </a>
        {name ? (
          <span className="text-muted block truncate font-mono text-xs">
            <Given text={event.action} />
          </span>
        ) : null}
        <span className="text-muted mt-1 block text-sm md:hidden">
          <span className="block truncate">{actor}</span>
          {targetText !== null && targetText !== actorText ? <span className="block truncate">→ {target}</span> : null}
          {time}
        </span>
      </Cell>
      <Cell className="max-w-0 truncate max-md:hidden md:w-1/4">{actor}</Cell>
      <Cell className="max-w-0 truncate max-lg:hidden lg:w-1/5">{target}</Cell>
      <Cell className="whitespace-nowrap">
        <Badge tone={OUTCOME_TONES[event.outcome]}>{texts.outcomes[event.outcome]}</Badge>
      </Cell>
      <Cell className="text-muted whitespace-nowrap max-lg:hidden">
        {texts.sources[event.source] ?? <Given text={event.source} />}
        {ip === null ? null : <span className="block font-mono text-xs">{ip}</span>}
      </Cell>
    </tr>
  );
}
