'use client';

import Link, { useLinkStatus } from 'next/link';
import { usePathname } from 'next/navigation';
import type { MouseEvent } from 'react';
import { cx } from './classes.ts';

export interface NavItem {
  href: string;
  text: string;
}

/** Navigation links. Not prefetched: opening some pages is recorded in the audit log. */
export function NavLinks({ items, stacked = false }: { items: NavItem[]; stacked?: boolean }) {
  const path = usePathname();
  // The most specific link is current: /admin/agents is not also /admin.
  const current = items
    .filter(({ href }) => path === href || (href !== '/' && path.startsWith(`${href}/`)))
    .sort((a, b) => b.href.length - a.href.length)[0];
  return (
    <ul className={cx('flex gap-1', stacked && 'flex-col')}>
      {items.map(({ href, text }) => (
        <li key={href}>
          <Link
            href={href}
            prefetch={false}
            aria-current={current?.href === href ? 'page' : undefined}
            onClick={closeMenu}
            className={cx(
              'text-muted hover:bg-sunken hover:text-ink relative flex min-h-10 items-center rounded-lg px-3 text-sm font-medium',
              'aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent',
            )}
          >
            {text}
            <Pending />
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Closes the menu on navigation: the layout around it stays mounted. */
function closeMenu({ currentTarget }: MouseEvent<HTMLElement>) {
  currentTarget.closest<HTMLElement>('[popover]')?.hidePopover();
}

/** Shown while a page is loading. */
function Pending() {
  const { pending } = useLinkStatus();
  return (
    <span
      aria-hidden
      className={cx('bg-accent absolute top-2 right-1 size-1.5 rounded-full', pending ? 'animate-pulse' : 'invisible')}
    />
  );
}
