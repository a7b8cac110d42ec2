import type { Metadata } from 'next';
import { getLocale, getTranslations } from 'next-intl/server';
import { redirect } from 'next/navigation';
import { env } from '#lib/env.ts';
import { chosenTheme } from '../_server/i18n/preferences.ts';
import { oidcName } from '../_server/auth/providers.ts';
import { returnPath } from '../_server/auth/return-path.ts';
import { currentUser } from '../_server/auth/session.ts';
import { LoginForm } from './_components/login-form.tsx';
import { Notice } from '../_ui/layout/notice.tsx';
import { PlainPage } from '../_ui/layout/plain-page.tsx';
import { LanguageChoice, ThemeChoice } from '../_ui/layout/preferences.tsx';
import { setLocale, setTheme } from '../actions.ts';
import { signInAsDevAdmin, signInWithOidc, signInWithPassword } from './actions.ts';

const NOTICES = ['ended', 'everywhere', 'passwordSet'] as const;

interface Props {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('login'))('title') };
}

export default async function LoginPage({ searchParams }: Props) {
  const { callbackUrl, error, notice } = await searchParams;
  const target = returnPath(typeof callbackUrl === 'string' ? callbackUrl : undefined, env().NEXTAUTH_URL);
  if ((await currentUser()) !== null) redirect(target);
  const t = await getTranslations('login');
  const provider = oidcName();
  const said = NOTICES.find((name) => name === notice);
  const texts = {
    email: t('email'),
    password: t('password'),
    submit: t('submit'),
    or: t('or'),
    devAdmin: t('devAdmin'),
    devAdminHint: t('devAdminHint'),
    oidc: provider === null ? null : t('oidc', { name: provider }),
    oidcGo: t('oidcGo', { name: provider ?? '' }),
    errors: {
      unauthenticated: t('errors.unauthenticated'),
      // Without a provider the code in the URL is forged or outdated.
      provider: provider === null ? t('errors.other') : t('errors.provider', { name: provider }),
      unavailable: t('errors.unavailable'),
      other: t('errors.other'),
    },
  };
  return (
    <PlainPage
      footer={
        <>
          <LanguageChoice action={setLocale} chosen={await getLocale()} />
          <ThemeChoice action={setTheme} chosen={await chosenTheme()} />
        </>
      }
    >
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <p className="text-muted mt-1 mb-6">{t('lead')}</p>
      {said ? <div className="mb-4">{<Notice kind="good">{t(said)}</Notice>}</div> : null}
      <LoginForm
        texts={texts}
        actions={{ password: signInWithPassword, oidc: signInWithOidc, devAdmin: signInAsDevAdmin }}
        target={target}
        devAdmin={env().DEV_ADMIN}
        error={typeof error === 'string' ? error : undefined}
      />
    </PlainPage>
  );
}
