import { getLocale, getTranslations } from 'next-intl/server';
import type { ReactNode } from 'react';
import { can, type Permission } from '#lib/access/permissions.ts';
import { chosenTheme } from '../_server/i18n/preferences.ts';
import { currentUser } from '../_server/auth/session.ts';
import { ActionForm, SubmitButton } from '../_ui/form/action-form.tsx';
import { LeaveIcon } from '../_ui/layout/icons.tsx';
import { NavLinks } from '../_ui/layout/nav-links.tsx';
import { Given } from '../_ui/data/given.tsx';
import { LanguageChoice, ThemeChoice } from '../_ui/layout/preferences.tsx';
import { SkipLink, TopBar } from './_components/top-bar.tsx';
import { setLocale, setTheme, signOutHere } from '../actions.ts';

const NAV_ITEMS = [
  { href: '/', name: 'overview', permission: 'overview:read' },
  { href: '/audit', name: 'audit', permission: 'audit:read' },
  { href: '/admin', name: 'people', permission: 'users:manage' },
  { href: '/admin/agents', name: 'agents', permission: 'agents:manage' },
] as const satisfies { href: string; name: string; permission: Permission }[];

/** The layout of every signed-in page. It does not authorise: layouts are not rendered again on each navigation. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  if (user === null) return children;
  const t = await getTranslations();
  const items = NAV_ITEMS.filter(({ permission }) => can(user.role, permission)).map(({ href, name }) => ({
    href,
    text: t(`shell.nav.${name}`),
  }));
  const menu = (
    <>
      <p className="px-3 text-sm font-medium break-words">
        <Given text={user.name} />
      </p>
      <p className="text-muted mb-2 px-3 text-sm">
        <span className="block break-words">
          <Given text={user.email} />
        </span>
        {t(`common.roles.${user.role}`)}
      </p>
      <NavLinks items={[{ href: '/account', text: t('shell.nav.account') }]} stacked />
      <div className="border-line my-2 grid gap-3 border-y py-3">
        <LanguageChoice action={setLocale} chosen={await getLocale()} />
        <ThemeChoice action={setTheme} chosen={await chosenTheme()} />
      </div>
      <ActionForm action={signOutHere}>
        <SubmitButton look="quiet" className="w-full justify-start px-3!">
          <LeaveIcon className="size-4" /> {t('shell.signOut')}
        </SubmitButton>
      </ActionForm>
    </>
  );
  return (
    <>
      <SkipLink />
      <TopBar items={items} who={user.name} menu={menu} />
      <main id="content" tabIndex={-1} className="mx-auto max-w-6xl px-4 py-8 outline-none sm:px-6">
        {children}
      </main>
    </>
  );
}
