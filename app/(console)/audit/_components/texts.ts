import 'server-only';
import { getTranslations } from 'next-intl/server';
import { ACTIONS, SOURCES } from '#lib/audit/events/catalogue.ts';
import type { AuditTexts } from './event.ts';

/** Translated names of actions. The log may hold other actions, which are shown by their identifier. */
export async function actionNames(): Promise<Record<string, string>> {
  const t = await getTranslations('audit');
  const named = Object.keys(ACTIONS).flatMap((action) => {
    const key = `actions.${action}` as 'actions.auth.sign_in';
    return t.has(key) ? [[action, t(key)] as const] : [];
  });
  return Object.fromEntries(named);
}

/** Translated labels for the client component of the log's table. */
export async function auditTexts(): Promise<AuditTexts> {
  const t = await getTranslations('audit');
  return {
    columns: {
      time: t('columns.time'),
      action: t('columns.action'),
      actor: t('columns.actor'),
      target: t('columns.target'),
      outcome: t('columns.outcome'),
      source: t('columns.source'),
    },
    outcomes: { success: t('outcomes.success'), failure: t('outcomes.failure'), denied: t('outcomes.denied') },
    actions: await actionNames(),
    sources: Object.fromEntries(SOURCES.map((source) => [source, t(`sources.${source}`)])),
    anonymous: t('anonymous'),
    erased: t('erased'),
    caption: t('title'),
    more: t('more'),
    loading: t('loading'),
    failed: t('failed'),
    appended: t.raw('appended') as string,
  };
}
