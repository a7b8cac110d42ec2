import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { ROLES } from '#lib/access/permissions.ts';
import { OUTCOMES } from '#lib/audit/events/catalogue.ts';
import { readAuditEvent, type FullEvent } from '#lib/audit/events/read.ts';
import { erasedFields, erasedMembers, type PersonColumn } from '#lib/audit/proof/commitment.ts';
import { sealOf } from '#lib/audit/proof/prove.ts';
import { trustedKeys } from '#lib/audit/proof/signing.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { actionNames } from '../_components/texts.ts';
import { auditContextOf, requirePermission } from '../../../_server/auth/session.ts';
import { titleOf } from '../../../_server/i18n/title.ts';
import { OUTCOME_TONES } from '../_components/event.ts';
import { Badge } from '../../../_ui/data/badge.tsx';
import { GivenJson } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';
import { PageHead, Panel } from '../../../_ui/layout/page.tsx';
import { DescriptionList, type DescriptionEntry } from '../../../_ui/data/description-list.tsx';

interface Props {
  params: Promise<{ id: string }>;
}

/** Opening an event is itself recorded; cached per request, so that head and page record it once. */
const open = cache(async (id: string) => {
  const user = await requirePermission('audit:read');
  return readAuditEvent(db(), await auditContextOf(user, 'web'), id);
});

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const t = await getTranslations('audit');
  return titleOf('audit:read', t('event'), async () => {
    const found = await open((await params).id);
    return found.ok ? ((await actionNames())[found.value.action] ?? found.value.action) : undefined;
  });
}

export default async function AuditEventPage({ params }: Props) {
  const found = await open((await params).id);
  if (!found.ok) notFound();
  const event = found.value;
  const t = await getTranslations('audit');
  const name = (await actionNames())[event.action];
  return (
    <>
      <p className="mb-4 text-sm">
        <a href="/audit" className="text-muted underline-offset-4 hover:underline">
          ← {t('title')}
        </a>
      </p>
      <PageHead title={name ?? event.action} lead={<LocalTime time={event.createdAt.toISOString()} seconds />} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel title={t('detail.what')}>
          <DescriptionList entries={await actionEntries(event)} />
        </Panel>
        <Panel title={t('detail.who')}>
          <DescriptionList entries={await actorEntries(event)} />
        </Panel>
        <Panel title={t('detail.proof')} className="lg:col-span-2">
          <Proof event={event} />
        </Panel>
        <Panel title={t('detail.metadata')} className="lg:col-span-2">
          <pre
            role="region"
            tabIndex={0}
            aria-label={t('detail.metadata')}
            className="mt-3 overflow-x-auto font-mono text-sm"
          >
            <GivenJson value={await shownMetadata(event)} />
          </pre>
        </Panel>
      </div>
    </>
  );
}

/** Where the event stands in the log, who has signed that, and the file that proves it to others. */
async function Proof({ event }: { event: FullEvent }) {
  const t = await getTranslations('audit.proof');
  const seal = await sealOf(db(), trustedKeys(env()), event);
  if (seal === null) return <p className="text-muted mt-2 text-sm">{t('unsealed')}</p>;
  const { checkpoint } = seal;
  const sequence = String(seal.sequence);
  if (checkpoint === null) return <p className="text-muted mt-2 text-sm">{t('unsigned', { sequence })}</p>;
  const at = () => <LocalTime time={checkpoint.at.toISOString()} seconds />;
  return (
    <p className="mt-2 text-sm">
      {t.rich('sealed', { sequence, at, key: checkpoint.keyId })}{' '}
      <a href={`/api/audit/${event.id}/proof`} download className="underline underline-offset-4">
        {t('download')}
      </a>
    </p>
  );
}

/** The value of a person field, or the word for one that was erased. */
async function personField(event: FullEvent) {
  const t = await getTranslations('audit');
  const erased = erasedFields(event.salts);
  return (name: PersonColumn): string | null => event[name] ?? (erased.includes(name) ? t('erased') : null);
}

/** Metadata with the word for what was erased. */
async function shownMetadata({ metadata, salts }: FullEvent): Promise<unknown> {
  const t = await getTranslations('audit');
  const members = erasedMembers(salts);
  if (members.length === 0) return metadata;
  return {
    ...(metadata as object),
    ...Object.fromEntries(members.map((name) => [name, t('erased')])),
  };
}

const filterBy = (name: string, value: string | null) =>
  value === null ? {} : { href: `/audit?${new URLSearchParams({ [name]: value }).toString()}` };

async function actionEntries(event: FullEvent): Promise<DescriptionEntry[]> {
  const t = await getTranslations('audit');
  const field = await personField(event);
  const outcome = OUTCOMES.find((known) => known === event.outcome);
  return [
    { term: t('columns.action'), value: event.action, mono: true, ...filterBy('action', event.action) },
    {
      term: t('columns.outcome'),
      value: outcome ? <Badge tone={OUTCOME_TONES[outcome]}>{t(`outcomes.${outcome}`)}</Badge> : event.outcome,
    },
    { term: t('detail.reason'), value: event.reason, mono: true },
    {
      term: t('columns.target'),
      value: field('targetLabel') ?? field('targetId'),
      ...filterBy('target', event.targetId),
    },
    { term: t('detail.targetType'), value: event.targetType, mono: true },
    { term: t('detail.id'), value: event.id, mono: true },
    { term: t('detail.schemaVersion'), value: String(event.schemaVersion) },
  ];
}

async function actorEntries(event: FullEvent): Promise<DescriptionEntry[]> {
  const t = await getTranslations('audit');
  const field = await personField(event);
  const roles = await getTranslations('common.roles');
  const role = ROLES.find((one) => one === event.actorRole);
  // Columns of the log are text: a later release may have written what this one has no word for.
  const known = (group: 'actorTypes' | 'sources', value: string) => {
    const key = `${group}.${value}` as 'sources.web';
    return t.has(key) ? t(key) : value;
  };
  return [
    { term: t('columns.actor'), value: field('actorLabel') ?? t('anonymous'), ...filterBy('actor', event.actorId) },
    { term: t('detail.actorType'), value: known('actorTypes', event.actorType) },
    { term: t('detail.actorRole'), value: role ? roles(role) : event.actorRole },
    { term: t('detail.actorId'), value: field('actorId'), mono: true },
    { term: t('columns.source'), value: known('sources', event.source), ...filterBy('source', event.source) },
    { term: t('detail.ip'), value: field('ip'), mono: true },
    { term: t('detail.userAgent'), value: field('userAgent') },
    { term: t('filters.requestId'), value: event.requestId, mono: true, ...filterBy('requestId', event.requestId) },
    { term: t('detail.correlationId'), value: field('correlationId'), mono: true },
    { term: t('detail.idempotencyKey'), value: field('idempotencyKey'), mono: true },
  ];
}
