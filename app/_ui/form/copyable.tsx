'use client';

import { useTranslations } from 'next-intl';
import { useRef, useState } from 'react';
import { Button } from './button.tsx';

/** A text with a copy button. Where the browser forbids copying (plain HTTP), it is selected instead. */
export function Copyable({ text }: { text: string }) {
  const t = useTranslations('common.copy');
  const shown = useRef<HTMLParagraphElement>(null);
  const [outcome, setOutcome] = useState<'copied' | 'byHand' | null>(null);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
    } catch {
      if (shown.current) getSelection()?.selectAllChildren(shown.current);
      setOutcome('byHand');
    }
  }

  return (
    <>
      <p ref={shown} className="bg-sunken rounded p-2 font-mono text-[13px] break-all select-all">
        {text}
      </p>
      <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 noscript:hidden">
        <Button type="button" onClick={() => void copy()}>
          {t('label')}
        </Button>
        <span role="status" className="text-muted">
          {outcome === null ? null : t(outcome)}
        </span>
      </div>
    </>
  );
}
