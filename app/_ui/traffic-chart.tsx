import { cx } from './classes.ts';

interface TrafficDay {
  day: string;
  signIns: number;
  failures: number;
  denials: number;
}

/** From the bottom of a bar to its top. */
const PARTS = [
  { name: 'signIns', look: 'fill-accent', swatch: 'bg-accent' },
  { name: 'failures', look: 'fill-warn', swatch: 'bg-warn' },
  { name: 'denials', look: 'fill-bad', swatch: 'bg-bad' },
] as const;

/** Share of its day that a bar takes. */
const BAR = 0.62;

/** The next round number above, even from four on, so that half of it is a whole number too: 4, 10, 20, 40, 100 … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 4, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

interface Props {
  days: TrafficDay[];
  /** Short names of the days, in the order of `days`. */
  labels: string[];
  names: Record<'signIns' | 'failures' | 'denials', string>;
  /** Says in a sentence what the picture shows. */
  summary: string;
}

/**
 * Stacked bars, one a day, drawn on the server. Only the bars are stretched to the width; the words beside them are ordinary text, so
 * they stay readable on a telephone. Every number is also in the table below.
 */
export function TrafficChart({ days, labels, names, summary }: Props) {
  const top = roundUp(Math.max(...days.map((day) => day.signIns + day.failures + day.denials), 4));
  return (
    <figure className="mt-4">
      <div
        role="img"
        aria-label={summary}
        className="text-muted grid grid-cols-[auto_1fr] gap-x-3 text-xs tabular-nums"
      >
        <div className="-my-2 flex flex-col justify-between text-right">
          <span>{top}</span>
          <span>{top / 2}</span>
          <span>0</span>
        </div>
        <svg viewBox={`0 0 ${days.length} 100`} preserveAspectRatio="none" className="h-48 w-full overflow-visible">
          {[0, 50, 100].map((y) => (
            <line
              key={y}
              x1={0}
              x2={days.length}
              y1={y}
              y2={y}
              vectorEffect="non-scaling-stroke"
              className="stroke-line"
            />
          ))}
          {days.map((day, index) => (
            <Bar key={day.day} day={day} x={index + (1 - BAR) / 2} top={top} />
          ))}
        </svg>
        <div className="col-start-2 mt-2 flex">
          {labels.map((label, index) => (
            <span
              key={label}
              className={cx('flex-1 text-center whitespace-nowrap', index % 4 !== 1 && 'max-lg:invisible max-lg:w-0')}
            >
              {label}
            </span>
          ))}
        </div>
      </div>
      <figcaption className="text-muted mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {PARTS.map(({ name, swatch }) => (
          <span key={name} className="inline-flex items-center gap-2">
            <span aria-hidden className={cx('size-3 rounded-sm', swatch)} />
            {names[name]}
          </span>
        ))}
      </figcaption>
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
