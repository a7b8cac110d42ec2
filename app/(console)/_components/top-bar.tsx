import { useTranslations } from 'next-intl';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Given } from '../../_ui/data/given.tsx';
import { MenuIcon, PersonIcon } from '../../_ui/layout/icons.tsx';
import { Logo } from '../../_ui/layout/logo.tsx';
import { NavLinks, type NavItem } from '../../_ui/layout/nav-links.tsx';

const PANEL =
  'fixed inset-auto top-15 right-[max(0.75rem,calc((100vw-69rem)/2))] w-80 max-w-[calc(100vw-1.5rem)] rounded-xl border border-line bg-surface p-3 text-ink shadow-lg';
const ICON_BUTTON = 'inline-flex size-10 items-center justify-center rounded-lg hover:bg-sunken';

/** Top bar with logo, navigation and user menu. The menus are native popovers and need no script. */
export function TopBar({ items, who, menu }: { items: NavItem[]; who: string; menu: ReactNode }) {
  const t = useTranslations('shell');
  return (
    <header className="border-line bg-surface sticky top-0 z-10 border-b">
      <div className="mx-auto flex h-14 max-w-6xl items-center gap-4 px-4 sm:px-6">
        <Link href="/" prefetch={false} className="flex items-center gap-2 rounded font-semibold tracking-tight">
          <Logo /> golive
        </Link>
        <nav aria-label={t('nav.label')} className="hidden md:block">
          <NavLinks items={items} />
        </nav>
        <div className="ml-auto flex items-center gap-1">
          <button type="button" popoverTarget="user-menu" className={`${ICON_BUTTON} w-auto gap-2 px-2`}>
            <PersonIcon className="size-5 shrink-0" />
            <span className="max-w-40 truncate text-sm max-sm:sr-only">
              <Given text={who} />
            </span>
          </button>
          <button type="button" popoverTarget="site-menu" className={`${ICON_BUTTON} md:hidden`}>
            <MenuIcon className="size-5" />
            <span className="sr-only">{t('nav.menu')}</span>
          </button>
        </div>
      </div>
      <div id="user-menu" popover="auto" className={PANEL}>
        {menu}
      </div>
      <div id="site-menu" popover="auto" className={PANEL}>
        <nav aria-label={t('nav.label')}>
          <NavLinks items={items} stacked />
        </nav>
      </div>
    </header>
  );
}

/** Skip link, first in the tab order. */
export function SkipLink() {
  const t = useTranslations('shell');
  return (
    <a
      href="#content"
      className="focus:bg-accent focus:text-on-accent sr-only focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-20 focus:rounded-lg focus:px-4 focus:py-2"
    >
      {t('skip')}
    </a>
  );
}
