import { Legend, Plot, roundUp } from '../../../_ui/data/chart-frame.tsx';

export interface VolumeDay {
  day: string;
  events: number;
  mark: 'spike' | 'hole' | null;
}

const LOOKS = { usual: 'fill-chart', spike: 'fill-chart-bad', hole: 'fill-chart-warn' } as const;
const SWATCHES = { usual: 'bg-chart', spike: 'bg-chart-bad', hole: 'bg-chart-warn' } as const;
/** A marked day without events still shows as a sliver, in hundredths of the height. */
const SLIVER = 2;
/** Share of its day that a bar takes. */
const BAR = 0.7;

interface Props {
  days: VolumeDay[];
  /** Names of the first and the last day. */
  ends: [string, string];
  names: Record<keyof typeof LOOKS, string>;
  /** Says in a sentence what the picture shows. */
  summary: string;
}

/** One bar a day; days that stand out have a colour of their own, and are named in words below. */
export function VolumeChart({ days, ends, names, summary }: Props) {
  const top = roundUp(Math.max(...days.map(({ events }) => events)));
  const axis = (
    <div className="flex grow justify-between">
      <span>{ends[0]}</span>
      <span>{ends[1]}</span>
    </div>
  );
  return (
    <figure className="mt-4">
      <Plot summary={summary} columns={days.length} top={top} axis={axis}>
        {days.map(({ day, events, mark }, index) => {
          const height = Math.max((events / top) * 100, mark ? SLIVER : 0);
          return (
            <rect
              key={day}
              x={index + (1 - BAR) / 2}
              y={100 - height}
              width={BAR}
              height={height}
              className={LOOKS[mark ?? 'usual']}
            />
          );
        })}
      </Plot>
      <Legend
        entries={(['usual', 'spike', 'hole'] as const).map((name) => ({ name: names[name], swatch: SWATCHES[name] }))}
      />
    </figure>
  );
}
