import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requirePermission } from '../_server/session.ts';
import { PageHead } from '../_ui/page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('overview'))('title') };
}

export default async function OverviewPage() {
  await requirePermission('overview:read');
  const t = await getTranslations('overview');
  return <PageHead title={t('title')} />;
}
