import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { db } from '#lib/db.ts';
import { listSessions } from '#lib/auth/session.ts';
import { requirePermission } from '../../_server/auth/session.ts';
import { ActionForm, FormField, SubmitButton } from '../../_ui/form/action-form.tsx';
import { ConfirmedAction } from '../../_ui/form/confirmed-action.tsx';
import { Given } from '../../_ui/data/given.tsx';
import { PageHead, Panel } from '../../_ui/layout/page.tsx';
import { SessionList } from './_components/session-list.tsx';
import { changePassword, signOutEverywhere } from './actions.ts';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('account'))('title') };
}

export default async function AccountPage() {
  const user = await requirePermission('account:manage');
  const sessions = await listSessions(db(), user.id);
  const t = await getTranslations();
  return (
    <>
      <PageHead
        title={t('account.title')}
        lead={
          <>
            <Given text={user.name} /> · <Given text={user.email} /> · {t(`common.roles.${user.role}`)}
          </>
        }
      />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel
          title={t('account.password.title')}
          lead={t(`account.password.${user.hasPassword ? 'lead' : 'missing'}`)}
        >
          {user.hasPassword ? <PasswordForm email={user.email} /> : null}
        </Panel>
        <Panel title={t('account.sessions.title')} lead={t('account.sessions.lead')}>
          <SessionList sessions={sessions} current={user.sessionId} />
          <ConfirmedAction
            action={signOutEverywhere}
            label={t('account.everywhere.label')}
            text={t('account.everywhere.text')}
            danger
          />
        </Panel>
      </div>
    </>
  );
}

async function PasswordForm({ email }: { email: string }) {
  const t = await getTranslations('account.password');
  return (
    <ActionForm action={changePassword} label={t('title')} done={t('done')} className="mt-4 grid max-w-md gap-4">
      {/* For password managers. */}
      <input type="email" name="username" autoComplete="username" defaultValue={email} readOnly hidden />
      <FormField label={t('current')} name="currentPassword" type="password" autoComplete="current-password" required />
      <FormField
        label={t('next')}
        hint={t('hint')}
        name="newPassword"
        type="password"
        autoComplete="new-password"
        minLength={12}
        required
      />
      <SubmitButton look="primary" className="justify-self-start">
        {t('submit')}
      </SubmitButton>
    </ActionForm>
  );
}
