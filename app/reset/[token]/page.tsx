import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { db } from '#lib/db.ts';
import { checkResetToken } from '#lib/auth/reset.ts';
import { ActionForm, FormField, SubmitButton } from '../../_ui/form/action-form.tsx';
import { Notice } from '../../_ui/layout/notice.tsx';
import { PlainPage } from '../../_ui/layout/plain-page.tsx';
import { resetPassword } from './actions.ts';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('reset'))('title') };
}

/** Opening the link does not consume it, so that mail scanners cannot invalidate it; submitting the form does. */
export default async function ResetPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const link = await checkResetToken(db(), token);
  const t = await getTranslations();
  return (
    <PlainPage>
      <h1 className="mb-4 text-2xl font-semibold tracking-tight">{t('reset.title')}</h1>
      {link.ok ? (
        <>
          <p className="text-muted mb-6">{t('reset.lead', { email: link.value.email })}</p>
          <ActionForm action={resetPassword} label={t('reset.title')} className="grid gap-4">
            <input type="hidden" name="token" value={token} />
            <input
              type="email"
              name="username"
              autoComplete="username"
              defaultValue={link.value.email}
              readOnly
              hidden
            />
            <FormField
              label={t('reset.password')}
              hint={t('reset.hint')}
              name="newPassword"
              type="password"
              autoComplete="new-password"
              minLength={12}
              required
            />
            <SubmitButton look="primary">{t('reset.submit')}</SubmitButton>
          </ActionForm>
        </>
      ) : (
        <Notice kind="bad">{t(`errors.codes.${link.code}`)}</Notice>
      )}
    </PlainPage>
  );
}
