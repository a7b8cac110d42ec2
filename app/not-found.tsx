import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { connection } from 'next/server';
import { StatusPage } from './_ui/layout/status-page.tsx';
import { PlainPage } from './_ui/layout/plain-page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell.notFound'))('title') };
}

export default async function NotFound() {
  await connection();
  const t = await getTranslations();
  return (
    <PlainPage>
      <StatusPage status="404" title={t('shell.notFound.title')} home={t('common.home')}>
        <p>{t('shell.notFound.body')}</p>
      </StatusPage>
    </PlainPage>
  );
}
