/** One number with its name, and a smaller word about it. */
export function Figure({ name, value, note }: { name: string; value: number; note?: string }) {
  return (
    <div className="border-line bg-surface rounded-xl border p-4">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="mt-1">
        <span className="text-3xl font-semibold tracking-tight tabular-nums">{value}</span>
        {note ? <span className="text-muted ml-2 text-sm">{note}</span> : null}
      </dd>
    </div>
  );
}
