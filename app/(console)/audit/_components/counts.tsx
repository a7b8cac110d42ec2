import { useFormatter } from 'next-intl';
import { Given } from '../../../_ui/data/given.tsx';
import { Panel } from '../../../_ui/layout/page.tsx';

interface Props {
  title: string;
  counts: { name: string; count: number }[];
  /** Message for an empty list. */
  none: string;
}

/** Names with counts, most frequent first, each with a bar relative to the first. */
export function Counts({ title, counts, none }: Props) {
  const format = useFormatter();
  const top = Math.max(...counts.map(({ count }) => count), 1);
  return (
    <Panel title={title}>
      {counts.length === 0 ? (
        <p className="text-muted mt-3 text-sm">{none}</p>
      ) : (
        <dl className="mt-3 grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-1 text-sm">
          {counts.map(({ name, count }) => (
            <div key={name} className="contents">
              <dt className="text-muted min-w-0 break-words">
                <Given text={name} />
                <svg aria-hidden viewBox="0 0 100 2" preserveAspectRatio="none" className="mt-1 mb-2 h-1 w-full">
                  <rect width="100" height="2" className="fill-line" />
                  <rect width={(count / top) * 100} height="2" className="fill-accent" />
                </svg>
              </dt>
              <dd className="text-right tabular-nums">{format.number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
