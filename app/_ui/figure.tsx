import { useFormatter } from 'next-intl';

/** One number with its name, and a smaller word about it below. */
export function Figure({ name, value, note }: { name: string; value: number; note?: string }) {
  const format = useFormatter();
  return (
    <div className="border-line bg-surface rounded-xl border p-4">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="mt-1 flex flex-wrap items-baseline gap-x-2">
        <span className="text-3xl font-semibold tracking-tight tabular-nums">{format.number(value)}</span>
        {note ? <span className="text-muted text-sm">{note}</span> : null}
      </dd>
    </div>
  );
}
