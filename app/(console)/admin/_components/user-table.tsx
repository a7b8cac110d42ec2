import { useTranslations } from 'next-intl';
import type { UserRow } from '#lib/users/list.ts';
import { Badge } from '../../../_ui/data/badge.tsx';
import { Given } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';
import { Cell, HeadCell, Table } from '../../../_ui/data/table.tsx';

/** Users; on narrow screens the first cell also shows the hidden columns. */
export function UserTable({ users }: { users: UserRow[] }) {
  const t = useTranslations();
  return (
    <Table caption={t('admin.title')}>
      <thead>
        <tr>
          <HeadCell>{t('admin.person')}</HeadCell>
          <HeadCell className="max-sm:hidden">{t('admin.role')}</HeadCell>
          <HeadCell>{t('admin.status')}</HeadCell>
          <HeadCell className="max-md:hidden">{t('admin.lastSeen')}</HeadCell>
        </tr>
      </thead>
      <tbody>
        {users.map(({ id, name, email, role, disabledAt, lastSeenAt }) => (
          <tr key={id} className="border-line hover:bg-sunken border-t">
            <Cell className="w-full max-w-0">
              <a href={`/admin/users/${id}`} className="font-medium wrap-anywhere underline-offset-4 hover:underline">
                <Given text={name} />
              </a>
              <span className="text-muted block truncate">
                <Given text={email} />
              </span>
              <span className="text-muted block sm:hidden">{t(`common.roles.${role}`)}</span>
            </Cell>
            <Cell className="whitespace-nowrap max-sm:hidden">{t(`common.roles.${role}`)}</Cell>
            <Cell className="whitespace-nowrap">
              <Badge tone={disabledAt === null ? 'good' : 'neutral'}>
                {t(disabledAt === null ? 'admin.active' : 'admin.disabled')}
              </Badge>
            </Cell>
            <Cell className="text-muted whitespace-nowrap max-md:hidden">
              {lastSeenAt === null ? t('admin.never') : <LocalTime time={lastSeenAt.toISOString()} />}
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
