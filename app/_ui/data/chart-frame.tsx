import { useFormatter } from 'next-intl';
import type { ReactNode } from 'react';
import { cx } from '../layout/classes.ts';

/** The next round number above, even from four on, so that half of it is a whole number too: 4, 10, 20, 40, 100 … */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 4)));
  return [1, 2, 4, 10].map((step) => step * power).find((step) => step >= value && step >= 4) ?? value;
}

interface Props {
  /** Text alternative of the chart. */
  summary: string;
  /** Number of bars; each is drawn between its index and the next. */
  columns: number;
  /** Value at the upper edge; bars are drawn in hundredths of it, from 100 (zero) up to 0. */
  top: number;
  /** Axis below the bars. */
  axis: ReactNode;
  children: ReactNode;
}

/** The plot area of a chart, rendered on the server. Only the bars are stretched; labels are ordinary text and stay readable on phones. */
export function ChartFrame({ summary, columns, top, axis, children }: Props) {
  const format = useFormatter();
  return (
    <div role="img" aria-label={summary} className="text-muted grid grid-cols-[auto_1fr] gap-x-3 text-xs tabular-nums">
      <div className="-my-2 flex flex-col justify-between text-right">
        {[top, top / 2, 0].map((value) => (
          <span key={value}>{format.number(value)}</span>
        ))}
      </div>
      <svg viewBox={`0 0 ${columns} 100`} preserveAspectRatio="none" className="h-48 w-full overflow-visible">
        {[0, 50, 100].map((y) => (
          <line key={y} x1={0} x2={columns} y1={y} y2={y} vectorEffect="non-scaling-stroke" className="stroke-line" />
        ))}
        {children}
      </svg>
      <div className="col-start-2 mt-2 flex">{axis}</div>
    </div>
  );
}

/** Legend of the colours. */
export function Legend({ entries }: { entries: { name: string; swatch: string }[] }) {
  return (
    <figcaption className="text-muted mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {entries.map(({ name, swatch }) => (
        <span key={name} className="inline-flex items-center gap-2">
          <span aria-hidden className={cx('size-3 rounded-sm', swatch)} />
          {name}
        </span>
      ))}
    </figcaption>
  );
}
