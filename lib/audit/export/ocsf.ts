import { ERASED, erasedFields } from '../proof/commitment.ts';
import type { SealedEvent } from './export.ts';

/** Classes of the Open Cybersecurity Schema Framework (schema.ocsf.io) of this version, with their category and activities. */
const VERSION = '1.3.0';
const ACCOUNT_CHANGE = { category_uid: 3, class_uid: 3001 };
const AUTHENTICATION = { category_uid: 3, class_uid: 3002 };
const API_ACTIVITY = { category_uid: 6, class_uid: 6003 };
const OTHER = 99;

interface Kind {
  category_uid: number;
  class_uid: number;
  activity_id: number;
}

const KINDS: Record<string, Kind> = {
  'auth.sign_in': { ...AUTHENTICATION, activity_id: 1 },
  'auth.sign_out': { ...AUTHENTICATION, activity_id: 2 },
  'user.created': { ...ACCOUNT_CHANGE, activity_id: 1 },
  'user.enabled': { ...ACCOUNT_CHANGE, activity_id: 2 },
  'auth.password_changed': { ...ACCOUNT_CHANGE, activity_id: 3 },
  'auth.password_reset': { ...ACCOUNT_CHANGE, activity_id: 4 },
  'user.disabled': { ...ACCOUNT_CHANGE, activity_id: 5 },
};

/** Other actions are API activity: create 1, read 2, update 3, delete 4, other 99. */
const VERBS: [RegExp, number][] = [
  [/\.(registered|key_issued)$/, 1],
  [/\.(read|event_read|exported)$/, 2],
  [/\.(role_changed|enabled|disabled|key_rotated|key_expiry_set)$/, 3],
  [/\.(key_revoked|pruned)$/, 4],
];

/** Success 1, failure 2; a denial is a failure with its own detail. Severity: informational, low, medium. */
const STATUS: Record<string, { status_id: number; severity_id: number }> = {
  success: { status_id: 1, severity_id: 1 },
  failure: { status_id: 2, severity_id: 2 },
  denied: { status_id: 2, severity_id: 3 },
};

/** Kinds of user: unknown 0, user 1, admin 2, system 3, other 99. */
const USER_TYPES: Record<string, number> = { anonymous: 0, user: 1, system: 3 };

const PRODUCT = { name: 'golive', vendor_name: 'golive' };

/**
 * Converts an event to OCSF 1.3.0. Attributes without a value are omitted, and fields without an OCSF attribute are put under `unmapped`.
 * The tests validate each class against the published schema.
 */
export function toOcsf(given: SealedEvent): Record<string, unknown> {
  const event = nameErased(given);
  const kind = kindOf(event.action);
  return {
    ...kind,
    ...(kind.activity_id === OTHER ? { activity_name: event.action } : {}),
    type_uid: kind.class_uid * 100 + kind.activity_id,
    ...(STATUS[event.outcome] ?? { status_id: OTHER, severity_id: 0 }),
    status_detail: event.reason ?? event.outcome,
    time: event.createdAt.getTime(),
    metadata: {
      uid: event.id,
      version: VERSION,
      event_code: event.action,
      log_name: 'audit',
      product: PRODUCT,
      ...present({ correlation_uid: event.correlationId }),
    },
    actor: { user: actorOf(event) },
    ...attributesOf(kind, event),
    ...httpRequest(event),
    unmapped: unmapped(event),
  };
}

/** Names and user agents that were erased; an address must be one, and is left out. */
function nameErased(event: SealedEvent): SealedEvent {
  const erased = erasedFields(event.salts);
  const shown = (['actorLabel', 'targetLabel', 'userAgent'] as const).filter((name) => erased.includes(name));
  return { ...event, ...Object.fromEntries(shown.map((name) => [name, ERASED])) };
}

function kindOf(action: string): Kind {
  const activity = VERBS.find(([pattern]) => pattern.test(action))?.[1] ?? OTHER;
  return KINDS[action] ?? { ...API_ACTIVITY, activity_id: activity };
}

/** Attributes required by each class. */
function attributesOf({ class_uid }: Kind, event: SealedEvent): Record<string, unknown> {
  const endpoint = present({ ip: event.ip });
  if (class_uid === API_ACTIVITY.class_uid)
    return {
      api: { operation: event.action, service: { name: PRODUCT.name } },
      // Commands and the worker have no address and are named by their source.
      src_endpoint: event.ip ? endpoint : { name: event.source, svc_name: PRODUCT.name },
    };
  return {
    user: userOf(event),
    ...(event.ip ? { src_endpoint: endpoint } : {}),
    ...(class_uid === AUTHENTICATION.class_uid ? { service: { name: PRODUCT.name } } : {}),
  };
}

function actorOf({ actorType, actorId, actorLabel, actorRole }: SealedEvent) {
  const admin = actorRole === 'admin';
  return {
    type_id: admin ? 2 : (USER_TYPES[actorType] ?? OTHER),
    ...(actorType === 'agent' ? { type: 'agent' } : {}),
    ...named(actorId, actorLabel, actorType),
    ...(actorRole ? { groups: [{ name: actorRole }] } : {}),
  };
}

/** The account concerned. For an unknown account it is the address that was entered. */
function userOf(event: SealedEvent) {
  if (event.targetType === 'user') return { type_id: 1, ...named(event.targetId, event.targetLabel, 'unknown') };
  return event.actorType === 'user' ? actorOf(event) : { type_id: 0, ...named(null, event.actorLabel, 'unknown') };
}

/** A user needs an id or a name. */
function named(id: string | null, label: string | null, fallback: string) {
  const known = present({ uid: id, name: label });
  return Object.keys(known).length > 0 ? known : { name: fallback };
}

function httpRequest({ requestId, userAgent }: SealedEvent) {
  const request = present({ uid: requestId, user_agent: userAgent });
  return Object.keys(request).length > 0 ? { http_request: request } : {};
}

function unmapped(event: SealedEvent): Record<string, unknown> {
  const target = present({ type: event.targetType, uid: event.targetId, name: event.targetLabel });
  return {
    source: event.source,
    outcome: event.outcome,
    schemaVersion: event.schemaVersion,
    metadata: event.metadata,
    ...present({ leaf: event.leaf, idempotencyKey: event.idempotencyKey }),
    ...(Object.keys(target).length > 0 ? { target } : {}),
  };
}

/** Omits fields without a value. */
const present = (fields: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => Boolean(entry[1])));
