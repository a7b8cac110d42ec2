import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { ROLES } from '#lib/access/permissions.ts';
import { db } from '#lib/db.ts';
import { listUsers, type UserFilter } from '#lib/users/list.ts';
import { searchParamsOf, type SearchParams } from '../../_server/http/query.ts';
import { requirePermission } from '../../_server/auth/session.ts';
import { ActionForm, FormField, FormSelect, SubmitButton } from '../../_ui/form/action-form.tsx';
import { Button } from '../../_ui/form/button.tsx';
import { Notice } from '../../_ui/layout/notice.tsx';
import { Empty, PageHead } from '../../_ui/layout/page.tsx';
import { UserFilters } from './_components/user-filters.tsx';
import { UserTable } from './_components/user-table.tsx';
import { ResetLinkShown } from './_components/reset-link.tsx';
import { RoleOptions } from './_components/role-options.tsx';
import { createUser } from './actions.ts';
import { FewAdmins } from './_components/few-admins.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('admin'))('title') };
}

export default async function AdminPage({ searchParams }: { searchParams: SearchParams }) {
  await requirePermission('users:manage');
  const t = await getTranslations();
  const params = await searchParamsOf(searchParams);
  return (
    <>
      <PageHead title={t('admin.title')} lead={t('admin.lead')} />
      <FewAdmins />
      <div className="mb-6 grid gap-4">
        <ActionForm
          action={createUser}
          label={t('admin.add.title')}
          disclosure={{ label: t('admin.add.title') }}
          done={t('common.resetLink.made')}
          result={<ResetLinkShown />}
        >
          <div className="grid gap-4 sm:grid-cols-3">
            <FormField label={t('admin.name')} name="name" required maxLength={120} autoComplete="off" />
            <FormField label={t('admin.email')} name="email" type="email" required autoComplete="off" />
            <FormSelect label={t('admin.role')} name="role" defaultValue="user">
              <RoleOptions />
            </FormSelect>
          </div>
          <p className="text-muted mt-3 mb-3 max-w-prose text-sm">{t('admin.add.hint')}</p>
          <SubmitButton look="primary">{t('admin.add.submit')}</SubmitButton>
        </ActionForm>
        <UserFilters given={Object.fromEntries(params)} />
      </div>
      <UserList params={params} />
    </>
  );
}

/** Reads the filters from the query; unknown values are ignored. */
function filterOf(params: URLSearchParams): UserFilter {
  const role = ROLES.find((known) => known === params.get('role'));
  const status = (['active', 'disabled'] as const).find((known) => known === params.get('status'));
  return { search: params.get('search')?.slice(0, 200), role, status };
}

async function UserList({ params }: { params: URLSearchParams }) {
  const t = await getTranslations();
  const list = await listUsers(db(), { ...filterOf(params), cursor: params.get('cursor') ?? undefined });
  if (!list.ok) {
    return (
      <Notice kind="bad">
        {t(`errors.codes.${list.code}`)}{' '}
        <a href="/admin" className="underline">
          {t('admin.again')}
        </a>
      </Notice>
    );
  }
  const { users, nextCursor } = list.value;
  if (users.length === 0) {
    return (
      <Empty title={t('admin.nobody')}>
        <a href="/admin" className="underline">
          {t('admin.clear')}
        </a>
      </Empty>
    );
  }
  const next = new URLSearchParams(params);
  next.set('cursor', nextCursor ?? '');
  return (
    <>
      <UserTable users={users} />
      {nextCursor === null ? null : (
        <div className="mt-4 flex justify-center">
          <Button asChild>
            <a href={`/admin?${next.toString()}`}>{t('admin.more')}</a>
          </Button>
        </div>
      )}
    </>
  );
}
