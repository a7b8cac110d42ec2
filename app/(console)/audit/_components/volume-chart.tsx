import { Legend, ChartFrame, roundUp } from '../../../_ui/data/chart-frame.tsx';

export interface VolumeDay {
  day: string;
  events: number;
  anomaly: 'spike' | 'gap' | null;
}

const LOOKS = { usual: 'fill-chart', spike: 'fill-chart-bad', gap: 'fill-chart-warn' } as const;
const SWATCHES = { usual: 'bg-chart', spike: 'bg-chart-bad', gap: 'bg-chart-warn' } as const;
/** Minimum height of an anomalous day's bar, in hundredths of the height. */
const MIN_BAR_HEIGHT = 2;
/** Width of a bar relative to its day. */
const BAR = 0.7;

interface Props {
  days: VolumeDay[];
  /** Names of the first and the last day. */
  ends: [string, string];
  names: Record<keyof typeof LOOKS, string>;
  /** Text alternative of the chart. */
  summary: string;
}

/** One bar per day; anomalies are coloured and listed below. */
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
      <ChartFrame summary={summary} columns={days.length} top={top} axis={axis}>
        {days.map(({ day, events, anomaly }, index) => {
          const height = Math.max((events / top) * 100, anomaly ? MIN_BAR_HEIGHT : 0);
          return (
            <rect
              key={day}
              x={index + (1 - BAR) / 2}
              y={100 - height}
              width={BAR}
              height={height}
              className={LOOKS[anomaly ?? 'usual']}
            />
          );
        })}
      </ChartFrame>
      <Legend
        entries={(['usual', 'spike', 'gap'] as const).map((name) => ({ name: names[name], swatch: SWATCHES[name] }))}
      />
    </figure>
  );
}
