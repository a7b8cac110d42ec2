'use client';

import { useEffect, useRef, useState } from 'react';
import { AuditRow } from './row.tsx';
import type { AuditTexts, ShownEvent } from './event.ts';
import { Button } from '../../../_ui/form/button.tsx';
import { LocalZone } from '../../../_ui/data/local-time.tsx';
import { Notice } from '../../../_ui/layout/notice.tsx';
import { HeadCell, Table } from '../../../_ui/data/table.tsx';

interface Page {
  events: ShownEvent[];
  nextCursor: string | null;
}

interface Props {
  first: Page;
  /** The filters as a query, without a cursor. */
  query: string;
  texts: AuditTexts;
}

/** URL of the page after a cursor. */
function after(path: string, query: string, cursor: string): string {
  const params = new URLSearchParams(query);
  params.set('cursor', cursor);
  return `${path}?${params.toString()}`;
}

/**
 * The log with a "More" button. Without JavaScript it is a link to the next page; with it the rows are appended, from the same keyset, so
 * none is repeated or skipped.
 */
export function AuditTable({ first, query, texts }: Props) {
  const [shown, setShown] = useState(first);
  const [state, setState] = useState<'idle' | 'loading' | 'failed'>('idle');
  const [appended, setAppended] = useState(0);
  const rows = useRef<HTMLTableSectionElement>(null);

  useEffect(() => {
    // The last page removes "More" and with it the keyboard focus: move it to the first new row.
    if (appended === 0 || document.activeElement !== document.body) return;
    rows.current?.rows[rows.current.rows.length - appended]?.querySelector('a')?.focus();
  }, [appended, shown]);

  async function append(cursor: string) {
    setState('loading');
    try {
      const response = await fetch(after('/api/audit', query, cursor));
      if (!response.ok) throw new Error(`the log answered ${response.status}`);
      const page = (await response.json()) as Page;
      setShown(({ events }) => ({ events: [...events, ...page.events], nextCursor: page.nextCursor }));
      setAppended(page.events.length);
      setState('idle');
    } catch {
      setState('failed');
    }
  }

  const { columns } = texts;
  return (
    <>
      <Table caption={texts.caption}>
        <thead>
          <tr>
            <HeadCell className="max-md:hidden">
              {columns.time}, <LocalZone />
            </HeadCell>
            <HeadCell>{columns.action}</HeadCell>
            <HeadCell className="max-md:hidden">{columns.actor}</HeadCell>
            <HeadCell className="max-lg:hidden">{columns.target}</HeadCell>
            <HeadCell>{columns.outcome}</HeadCell>
            <HeadCell className="max-lg:hidden">{columns.source}</HeadCell>
          </tr>
        </thead>
        <tbody ref={rows}>
          {shown.events.map((event) => (
            <AuditRow key={event.id} event={event} texts={texts} />
          ))}
        </tbody>
      </Table>
      <p role="status" className="sr-only">
        {appended > 0 ? texts.appended.replace('{count}', String(appended)) : ''}
      </p>
      {state === 'failed' ? (
        <div className="mt-4">
          <Notice kind="bad">{texts.failed}</Notice>
        </div>
      ) : null}
      {shown.nextCursor === null ? null : (
        <div className="mt-4 flex justify-center">
          <Button asChild>
            <a
              href={after('/audit', query, shown.nextCursor)}
              aria-busy={state === 'loading'}
              onClick={(click) => {
                if (click.metaKey || click.ctrlKey || click.shiftKey || shown.nextCursor === null) return;
                click.preventDefault();
                if (state !== 'loading') void append(shown.nextCursor);
              }}
            >
              {state === 'loading' ? texts.loading : texts.more}
            </a>
          </Button>
        </div>
      )}
    </>
  );
}
