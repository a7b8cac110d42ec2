import type { SealedEvent } from './export.ts';

/** Category, class and activity of the Open Cybersecurity Schema Framework 1.3 (schema.ocsf.io) for an action. */
interface Class {
  category_uid: number;
  class_uid: number;
  activity_id: number;
}

const IDENTITY = 3;
const AUTHENTICATION = 3002;
const ACCOUNT_CHANGE = 3001;
const APPLICATION = 6;
const API_ACTIVITY = 6003;
const OTHER = 99;

const ACTIVITIES: Record<string, Class> = {
  'auth.sign_in': { category_uid: IDENTITY, class_uid: AUTHENTICATION, activity_id: 1 },
  'auth.sign_out': { category_uid: IDENTITY, class_uid: AUTHENTICATION, activity_id: 2 },
  'user.created': { category_uid: IDENTITY, class_uid: ACCOUNT_CHANGE, activity_id: 1 },
  'user.enabled': { category_uid: IDENTITY, class_uid: ACCOUNT_CHANGE, activity_id: 2 },
  'auth.password_changed': { category_uid: IDENTITY, class_uid: ACCOUNT_CHANGE, activity_id: 3 },
  'auth.password_reset': { category_uid: IDENTITY, class_uid: ACCOUNT_CHANGE, activity_id: 4 },
  'user.disabled': { category_uid: IDENTITY, class_uid: ACCOUNT_CHANGE, activity_id: 5 },
};

/** What has no class of its own is API activity of kind "other". */
const FALLBACK: Class = { category_uid: APPLICATION, class_uid: API_ACTIVITY, activity_id: OTHER };

/** Success 1, failure 2; a denial is a failure with its own detail. Severity: informational, low, medium. */
const STATUS: Record<string, { status_id: number; severity_id: number }> = {
  success: { status_id: 1, severity_id: 1 },
  failure: { status_id: 2, severity_id: 2 },
  denied: { status_id: 2, severity_id: 3 },
};

/** One event as OCSF. What OCSF has no place for stands under `unmapped`, so that nothing is lost. */
export function toOcsf(event: SealedEvent): Record<string, unknown> {
  const kind = ACTIVITIES[event.action] ?? FALLBACK;
  const target = { type: event.targetType, uid: event.targetId, name: event.targetLabel };
  return {
    ...kind,
    type_uid: kind.class_uid * 100 + kind.activity_id,
    ...(STATUS[event.outcome] ?? { status_id: OTHER, severity_id: 0 }),
    status_detail: event.reason ?? event.outcome,
    time: event.createdAt.getTime(),
    metadata: {
      uid: event.id,
      version: '1.3.0',
      event_code: event.action,
      correlation_uid: event.correlationId,
      product: { name: 'golive', vendor_name: 'golive' },
    },
    actor: {
      user: {
        type: event.actorType,
        uid: event.actorId,
        name: event.actorLabel,
        groups: event.actorRole ? [{ name: event.actorRole }] : [],
      },
    },
    user: event.targetType === 'user' ? { uid: event.targetId, name: event.targetLabel } : undefined,
    src_endpoint: { ip: event.ip },
    http_request: { uid: event.requestId, user_agent: event.userAgent },
    unmapped: { source: event.source, target, metadata: event.metadata, leaf: event.leaf },
  };
}
