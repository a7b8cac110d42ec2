import { hash } from 'node:crypto';
import type { z } from 'zod';
import { uuidv7 } from '../../ids.ts';
import { toPointer } from '../../json/pointer.ts';
import { parseStrict } from '../../json/strict.ts';
import { decodeUtf8 } from '../../json/utf8.ts';
import { AGENT_ACTION_PREFIX, type AgentEvent, cloudEvent } from '../contract/event.ts';
import { checkMetadata } from '../contract/metadata.ts';
import type { EventProblem, Message } from './cloudevents.ts';

/** One validated event with the columns of the recordset in store.ts. */
export interface EventRow {
  n: number;
  source: string;
  id: string;
  hash: string;
  audit: string;
  at: string;
  action: string;
  outcome: string;
  actor: string;
  actor_label: string;
  target_type?: string | undefined;
  target_id?: string | undefined;
  target_label?: string | undefined;
  correlation?: string | undefined;
  reason?: string | undefined;
  metadata: Record<string, unknown>;
}

export interface Validated {
  rows: EventRow[];
  problems: EventProblem[];
}

/** Tolerated clock skew of event times, in milliseconds. */
const CLOCK_SKEW_MS = 60_000;

export interface Bounds {
  agentName: string;
  now: Date;
  /** Older events are rejected. */
  oldest: Date;
}

/** Validates each envelope independently. */
export function validateEvents(
  { events, problems: known }: Pick<Message, 'events' | 'problems'>,
  bounds: Bounds,
): Validated {
  const rows: EventRow[] = [];
  const problems = [...known];
  const refused = new Set(known.map(({ index }) => index));
  for (const [index, envelope] of events.entries()) {
    if (refused.has(index)) continue;
    const outcome = validate(envelope, bounds);
    if (Array.isArray(outcome)) problems.push(...outcome.map((issue) => ({ index, ...issue })));
    else rows.push(toRow(index, outcome, bounds));
  }
  return { rows, problems: problems.sort((a, b) => a.index - b.index) };
}

type EventIssue = Omit<EventProblem, 'index'>;

function validate(envelope: unknown, bounds: Bounds): AgentEvent | EventIssue[] {
  const given = omitNulls(envelope);
  const unwrapped = decodeDataBase64(given);
  if (!unwrapped.ok) return [{ pointer: '/data_base64', detail: unwrapped.detail }];
  const outcome = validateEnvelope(unwrapped.envelope, bounds);
  return Array.isArray(outcome) && unwrapped.envelope !== given ? outcome.map(asBase64Issue) : outcome;
}

function validateEnvelope(envelope: unknown, bounds: Bounds): AgentEvent | EventIssue[] {
  const hidden = findProtoMembers(envelope);
  if (hidden.length > 0) return hidden;
  const outcome = cloudEvent.safeParse(envelope);
  if (!outcome.success) return issuesFromZod(outcome.error);
  const issues = checkEvent(outcome.data, envelope, bounds);
  return issues.length === 0 ? outcome.data : issues;
}

/** Members named __proto__ outside the metadata, which zod drops silently. */
function findProtoMembers(value: unknown, path: string[] = []): EventIssue[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Object.hasOwn(value, '__proto__'))
    return [{ pointer: toPointer([...path, '__proto__']), detail: 'is not a name of this format' }];
  const { data, actor, target } = value as Record<string, unknown>;
  if (path.length === 0) return findProtoMembers(data, ['data']);
  return path.length === 1
    ? [...findProtoMembers(actor, ['data', 'actor']), ...findProtoMembers(target, ['data', 'target'])]
    : [];
}

/** Points to `data_base64`, as sent, instead of the decoded data. */
function asBase64Issue({ pointer, detail }: EventIssue): EventIssue {
  if (pointer !== '/data' && !pointer.startsWith('/data/')) return { pointer, detail };
  return { pointer: '/data_base64', detail: `${pointer.slice('/data'.length)} ${detail}`.trim() };
}

/** Most issues reported per event. */
const MAX_ISSUES = 5;

function issuesFromZod(error: z.ZodError): EventIssue[] {
  return error.issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    pointer: toPointer(path.map((part) => (typeof part === 'number' ? part : String(part)))),
    detail: message.slice(0, 300),
  }));
}

/** Null attributes count as absent in the JSON format. */
function omitNulls(envelope: unknown): unknown {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) return envelope;
  return Object.fromEntries(Object.entries(envelope).filter(([, value]) => value !== null));
}

function checkEvent(event: AgentEvent, envelope: unknown, { now, oldest }: Bounds): EventIssue[] {
  const issues = checkExtensions(event);
  // The original object: zod drops a member named __proto__.
  const { metadata } = (envelope as { data: { metadata?: object } }).data;
  const problem = metadata === undefined ? null : checkMetadata(metadata);
  if (problem !== null)
    issues.push({ pointer: toPointer(['data', 'metadata', ...problem.path]), detail: problem.detail });
  if (event.time !== undefined) {
    const time = event.time.at;
    if (time.getTime() > now.getTime() + CLOCK_SKEW_MS) issues.push({ pointer: '/time', detail: 'lies in the future' });
    else if (time < oldest) issues.push({ pointer: '/time', detail: 'is older than the retention' });
  }
  return issues.slice(0, MAX_ISSUES);
}

/** Validates extension attributes (CloudEvents 1.0.2, section 3.1). They are not stored. */
function checkExtensions(event: AgentEvent): EventIssue[] {
  const issues: EventIssue[] = [];
  for (const [name, value] of Object.entries(event)) {
    if (name in cloudEvent.shape) continue;
    const pointer = toPointer([name]);
    if (!/^[a-z0-9]{1,64}$/.test(name)) issues.push({ pointer, detail: 'is not the name of an extension attribute' });
    else if (!isAttributeValue(value))
      issues.push({ pointer, detail: 'an extension attribute is a string, a 32-bit integer or a boolean' });
  }
  return issues;
}

const isAttributeValue = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && (value | 0) === value);

function toRow(n: number, event: AgentEvent, { agentName, now }: Bounds): EventRow {
  const { source, id, type, subject, data } = event;
  const at = event.time?.at ?? now;
  // The column has millisecond precision; the full time is kept in the metadata.
  const time = event.time === undefined || event.time.finer === '' ? undefined : event.time.text;
  return {
    n,
    source,
    id,
    hash: contentHash(event),
    audit: uuidv7(at),
    at: at.toISOString(),
    action: AGENT_ACTION_PREFIX + data.action,
    outcome: data.outcome,
    actor: `${agentName}:${data.actor.id}`,
    actor_label: data.actor.label ?? `${agentName}:${data.actor.id}`,
    target_type: data.target?.type,
    target_id: data.target?.id,
    target_label: data.target?.label,
    correlation: data.correlationId,
    reason: data.reason,
    metadata: { event: { source, type, subject, time }, data: data.metadata ?? {} },
  };
}

/** Content hash of an event: SHA-256 of canonical JSON. A missing time stays missing, so that an event sent again later has the same hash. */
function contentHash({ type, subject, time, data }: AgentEvent): string {
  const when = time === undefined ? null : time.at.getTime();
  const finer = time === undefined || time.finer === '' ? [] : [time.finer];
  const said = canonical([type, subject ?? null, when, data, ...finer]);
  return hash('sha256', said, 'hex');
}

/** JSON with object members sorted by name. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = value as Record<string, unknown>;
  const members = Object.keys(object).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(object[name])}`).join(',')}}`;
}

/** Canonical Base64 with padding (RFC 4648, section 4); Buffer would ignore invalid characters. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** An envelope with decoded `data`, or the problem with its `data_base64`. */
type DecodedEnvelope = { ok: true; envelope: unknown } | { ok: false; detail: string };

/** Replaces `data_base64` by decoded `data` (JSON format of CloudEvents 1.0.2, section 3.1); both at once are rejected. */
function decodeDataBase64(envelope: unknown): DecodedEnvelope {
  if (typeof envelope !== 'object' || envelope === null || !('data_base64' in envelope)) return { ok: true, envelope };
  const { data_base64: encoded, ...rest } = envelope;
  if ('data' in rest) return { ok: false, detail: 'must not be sent together with data' };
  if (typeof encoded !== 'string' || !BASE64.test(encoded)) return { ok: false, detail: 'is not Base64' };
  const text = decodeUtf8(Buffer.from(encoded, 'base64'));
  if (text === null) return { ok: false, detail: 'holds bytes that are not UTF-8' };
  const parsed = parseStrict(text);
  if (!parsed.ok) return { ok: false, detail: `holds a text that ${parsed.detail}` };
  const [problem] = parsed.problems;
  if (problem !== undefined) return { ok: false, detail: `holds ${toPointer(problem.path)}, which ${problem.detail}` };
  return { ok: true, envelope: { ...rest, data: parsed.value } };
}
