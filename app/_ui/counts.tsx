import { Facts } from './facts.tsx';
import { Panel } from './page.tsx';

/** Names with how often each occurred, the most frequent first. */
export function Counts({
  title,
  counts,
  none,
}: {
  title: string;
  counts: { name: string; count: number }[];
  none: string;
}) {
  return (
    <Panel title={title}>
      {counts.length === 0 ? (
        <p className="text-muted mt-3 text-sm">{none}</p>
      ) : (
        <Facts facts={counts.map(({ name, count }) => ({ term: name, value: count }))} />
      )}
    </Panel>
  );
}
