import { cx } from '../../_ui/layout/classes.ts';
import { Legend, ChartFrame, roundUp } from '../../_ui/data/chart-frame.tsx';

interface TrafficDay {
  day: string;
  signIns: number;
  failures: number;
  denials: number;
}

/** Segments from bottom to top. */
const PARTS = [
  { name: 'signIns', look: 'fill-chart', swatch: 'bg-chart' },
  { name: 'failures', look: 'fill-chart-warn', swatch: 'bg-chart-warn' },
  { name: 'denials', look: 'fill-chart-bad', swatch: 'bg-chart-bad' },
] as const;

/** Width of a bar relative to its day. */
const BAR = 0.62;

interface Props {
  days: TrafficDay[];
  /** Short labels of the days. */
  labels: string[];
  names: Record<'signIns' | 'failures' | 'denials', string>;
  /** Text alternative of the chart. */
  summary: string;
}

/** Stacked bars, one per day. The table below has the numbers. */
export function TrafficChart({ days, labels, names, summary }: Props) {
  const top = roundUp(Math.max(...days.map((day) => day.signIns + day.failures + day.denials)));
  const axis = labels.map((label, index) => (
    <span
      key={label}
      className={cx('flex-1 text-center whitespace-nowrap', index % 4 !== 1 && 'max-lg:invisible max-lg:w-0')}
    >
      {label}
    </span>
  ));
  return (
    <figure className="mt-4">
      <ChartFrame summary={summary} columns={days.length} top={top} axis={axis}>
        {days.map((day, index) => (
          <Bar key={day.day} day={day} x={index + (1 - BAR) / 2} top={top} />
        ))}
      </ChartFrame>
      <Legend entries={PARTS.map(({ name, swatch }) => ({ name: names[name], swatch }))} />
    </figure>
  );
}

function Bar({ day, x, top }: { day: TrafficDay; x: number; top: number }) {
  const heights = PARTS.map(({ name }) => (day[name] / top) * 100);
  return PARTS.map(({ name, look }, index) => {
    const height = heights[index] ?? 0;
    const above = heights.slice(0, index + 1).reduce((sum, part) => sum + part, 0);
    return height === 0 ? null : <rect key={name} x={x} y={100 - above} width={BAR} height={height} className={look} />;
  });
}
