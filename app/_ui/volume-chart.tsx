import { cx } from './classes.ts';

export interface VolumeDay {
  day: string;
  events: number;
  mark: 'spike' | 'hole' | null;
}

const LOOKS = { spike: 'fill-bad', hole: 'fill-warn', usual: 'fill-accent' } as const;
const SWATCHES = { usual: 'bg-accent', spike: 'bg-bad', hole: 'bg-warn' } as const;
/** A marked day without events still shows as a sliver, in hundredths of the height. */
const SLIVER = 2;

interface Props {
  days: VolumeDay[];
  /** Names of the first and the last day. */
  ends: [string, string];
  names: Record<keyof typeof LOOKS, string>;
  /** Says in a sentence what the picture shows. */
  summary: string;
}

/** One bar a day, drawn on the server; days that stand out have a colour of their own, and are named in words below. */
export function VolumeChart({ days, ends, names, summary }: Props) {
  const top = Math.max(...days.map(({ events }) => events), 1);
  return (
    <figure className="mt-4">
      <div role="img" aria-label={summary}>
        <svg viewBox={`0 0 ${days.length} 100`} preserveAspectRatio="none" className="h-40 w-full">
          {days.map(({ day, events, mark }, index) => {
            const height = Math.max((events / top) * 100, mark ? SLIVER : 0);
            return (
              <rect
                key={day}
                x={index + 0.15}
                y={100 - height}
                width={0.7}
                height={height}
                className={LOOKS[mark ?? 'usual']}
              />
            );
          })}
        </svg>
        <div className="text-muted mt-2 flex justify-between text-xs">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      </div>
      <figcaption className="text-muted mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {(['usual', 'spike', 'hole'] as const).map((name) => (
          <span key={name} className="inline-flex items-center gap-2">
            <span aria-hidden className={cx('size-3 rounded-sm', SWATCHES[name])} />
            {names[name]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
