import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { db } from '#lib/db.ts';
import { getUser, type UserRow } from '#lib/users/list.ts';
import { requirePermission } from '../../../../_server/auth/session.ts';
import { titleOf } from '../../../../_server/i18n/title.ts';
import { ActionForm, FormSelect, SubmitButton } from '../../../../_ui/form/action-form.tsx';
import { Badge } from '../../../../_ui/data/badge.tsx';
import { ConfirmedAction } from '../../../../_ui/form/confirmed-action.tsx';
import { DescriptionList } from '../../../../_ui/data/description-list.tsx';
import { Given } from '../../../../_ui/data/given.tsx';
import { LocalTime } from '../../../../_ui/data/local-time.tsx';
import { PageHead, Panel } from '../../../../_ui/layout/page.tsx';
import { ResetLinkShown } from '../../_components/reset-link.tsx';
import { RoleOptions } from '../../_components/role-options.tsx';
import { FocusOnChange } from '../../../../_ui/form/focus-on-change.tsx';
import { changeRole, createResetLink, disableUser, enableUser, revokeSessions } from '../../actions.ts';
import { FewAdmins } from '../../_components/few-admins.tsx';

interface Props {
  params: Promise<{ id: string }>;
}

const find = cache((id: string) => getUser(db(), id));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const t = await getTranslations('admin');
  return titleOf('users:manage', t('person'), async () => {
    const found = await find((await params).id);
    return found.ok ? found.value.name : undefined;
  });
}

export default async function UserPage({ params }: Props) {
  const currentUser = await requirePermission('users:manage');
  const found = await find((await params).id);
  if (!found.ok) notFound();
  const user = found.value;
  const t = await getTranslations();
  return (
    <>
      <p className="mb-4 text-sm">
        <a href="/admin" className="text-muted underline-offset-4 hover:underline">
          ← {t('admin.title')}
        </a>
      </p>
      <PageHead title={user.name} lead={<Given text={user.email} />} />
      <FewAdmins />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel title={t('admin.about')}>
          <DescriptionList entries={await entriesOf(user)} />
          <p className="mt-4 text-sm">
            <a href={`/audit?actor=${user.id}`} className="underline underline-offset-4">
              {t('admin.theirActs')}
            </a>
          </p>
        </Panel>
        <Panel
          title={t('admin.change.title')}
          lead={currentUser.id === user.id ? t('admin.change.yourself') : undefined}
        >
          <div className="mt-4 grid gap-4">
            <RoleForm user={user} />
            <UserActions user={user} />
          </div>
        </Panel>
      </div>
    </>
  );
}

async function entriesOf({ role, disabledAt, lastSeenAt, createdAt, hasPassword, id }: UserRow) {
  const t = await getTranslations();
  const status = (
    <span role="status">
      <Badge tone={disabledAt ? 'neutral' : 'good'}>{t(disabledAt ? 'admin.disabled' : 'admin.active')}</Badge>
    </span>
  );
  return [
    { term: t('admin.role'), value: t(`common.roles.${role}`) },
    { term: t('admin.status'), value: status },
    { term: t('admin.password'), value: t(hasPassword ? 'admin.passwordSet' : 'admin.passwordMissing') },
    {
      term: t('admin.lastSeen'),
      value: lastSeenAt ? <LocalTime time={lastSeenAt.toISOString()} /> : t('admin.never'),
    },
    { term: t('admin.added'), value: <LocalTime time={createdAt.toISOString()} /> },
    { term: t('admin.id'), value: id, mono: true },
  ];
}

async function RoleForm({ user }: { user: UserRow }) {
  const t = await getTranslations();
  return (
    <ActionForm action={changeRole} label={t('admin.change.role')} done={t('admin.change.roleDone')}>
      <input type="hidden" name="id" value={user.id} />
      <div className="flex flex-wrap items-end gap-3">
        <div className="min-w-40 grow">
          <FormSelect label={t('admin.role')} name="role" defaultValue={user.role}>
            <RoleOptions />
          </FormSelect>
        </div>
        <SubmitButton>{t('admin.change.role')}</SubmitButton>
      </div>
      <p className="text-muted mt-1 text-sm">{t('admin.change.roleHint')}</p>
    </ActionForm>
  );
}

async function UserActions({ user }: { user: UserRow }) {
  const t = await getTranslations('admin.change');
  const made = (await getTranslations('common.resetLink'))('made');
  const id = { id: user.id };
  const disabled = user.disabledAt !== null;
  return (
    <>
      <ConfirmedAction
        action={revokeSessions}
        fields={id}
        label={t('sessions')}
        text={t('sessionsHint')}
        done={t('sessionsDone')}
      />
      {disabled ? null : (
        <ConfirmedAction
          action={createResetLink}
          fields={id}
          label={t('link')}
          text={t('linkHint')}
          done={made}
          result={<ResetLinkShown />}
        />
      )}
      <FocusOnChange by={disabled ? 'enable' : 'disable'}>
        {disabled ? (
          <ConfirmedAction action={enableUser} fields={id} label={t('enable')} text={t('enableHint')} />
        ) : (
          <ConfirmedAction action={disableUser} fields={id} label={t('disable')} text={t('disableHint')} danger />
        )}
      </FocusOnChange>
    </>
  );
}
