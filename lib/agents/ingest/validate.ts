import { hash } from 'node:crypto';
import type { z } from 'zod';
import { uuidv7 } from '../../ids.ts';
import { toPointer } from '../../json/pointer.ts';
import type { EventProblem, Message } from './cloudevents.ts';
import { unwrapData } from './data-base64.ts';
import { AGENT_ACTION_PREFIX, cloudEvent, type AgentEvent } from '../contract/event.ts';
import { checkMetadata } from '../contract/metadata.ts';

/** One event as the worker stores it: the columns of an AuditEvent. The names are those of the recordset in process.ts. */
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

/** Clocks differ a little: an event may be this far ahead of ours, in milliseconds. */
const CLOCK_SKEW_MS = 60_000;

export interface Bounds {
  agentName: string;
  now: Date;
  /** Older events would be pruned at once, so they are refused. */
  oldest: Date;
}

/** Checks each envelope alone: a bad one is a problem with its index and does not touch the others. */
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
    if (Array.isArray(outcome)) problems.push(...outcome.map((finding) => ({ index, ...finding })));
    else rows.push(toRow(index, outcome, bounds));
  }
  return { rows, problems: problems.sort((a, b) => a.index - b.index) };
}

type Finding = Omit<EventProblem, 'index'>;

function validate(envelope: unknown, bounds: Bounds): AgentEvent | Finding[] {
  const given = withoutNulls(envelope);
  const unwrapped = unwrapData(given);
  if (!unwrapped.ok) return [{ pointer: '/data_base64', detail: unwrapped.detail }];
  const outcome = validateEnvelope(unwrapped.envelope, bounds);
  return Array.isArray(outcome) && unwrapped.envelope !== given ? outcome.map(intoBase64) : outcome;
}

function validateEnvelope(envelope: unknown, bounds: Bounds): AgentEvent | Finding[] {
  const hidden = findProto(envelope);
  if (hidden.length > 0) return hidden;
  const outcome = cloudEvent.safeParse(envelope);
  if (!outcome.success) return fromZod(outcome.error);
  const findings = checkEvent(outcome.data, envelope, bounds);
  return findings.length === 0 ? outcome.data : findings;
}

/** Members named __proto__ outside the metadata: zod leaves them out without a word. */
function findProto(value: unknown, path: string[] = []): Finding[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Object.hasOwn(value, '__proto__'))
    return [{ pointer: toPointer([...path, '__proto__']), detail: 'is not a name of this format' }];
  const { data, actor, target } = value as Record<string, unknown>;
  if (path.length === 0) return findProto(data, ['data']);
  return path.length === 1 ? [...findProto(actor, ['data', 'actor']), ...findProto(target, ['data', 'target'])] : [];
}

/** A pointer leads to what was sent, not to what it was made of. */
function intoBase64({ pointer, detail }: Finding): Finding {
  if (pointer !== '/data' && !pointer.startsWith('/data/')) return { pointer, detail };
  return { pointer: '/data_base64', detail: `${pointer.slice('/data'.length)} ${detail}`.trim() };
}

/** At most this many findings for one event: a client needs the first few. */
const MAX_FINDINGS = 5;

function fromZod(error: z.ZodError): Finding[] {
  return error.issues.slice(0, MAX_FINDINGS).map(({ path, message }) => ({
    pointer: toPointer(path.map((part) => (typeof part === 'number' ? part : String(part)))),
    detail: message.slice(0, 300),
  }));
}

/** The JSON format reads an attribute that is null as absent. */
function withoutNulls(envelope: unknown): unknown {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) return envelope;
  return Object.fromEntries(Object.entries(envelope).filter(([, value]) => value !== null));
}

function checkEvent(event: AgentEvent, envelope: unknown, { now, oldest }: Bounds): Finding[] {
  const findings = checkExtensions(event);
  // As it was sent: zod leaves out a member named __proto__.
  const { metadata } = (envelope as { data: { metadata?: object } }).data;
  const problem = metadata === undefined ? null : checkMetadata(metadata);
  if (problem !== null)
    findings.push({ pointer: toPointer(['data', 'metadata', ...problem.path]), detail: problem.detail });
  if (event.time !== undefined) {
    const time = event.time.at;
    if (time.getTime() > now.getTime() + CLOCK_SKEW_MS)
      findings.push({ pointer: '/time', detail: 'lies in the future' });
    else if (time < oldest) findings.push({ pointer: '/time', detail: 'is older than the retention' });
  }
  return findings.slice(0, MAX_FINDINGS);
}

/** Attributes beside those of the specification: CloudEvents 1.0.2, section 3.1. They are checked and not kept. */
function checkExtensions(event: AgentEvent): Finding[] {
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(event)) {
    if (name in cloudEvent.shape) continue;
    const pointer = toPointer([name]);
    if (!/^[a-z0-9]{1,64}$/.test(name)) findings.push({ pointer, detail: 'is not the name of an extension attribute' });
    else if (!isAttributeValue(value))
      findings.push({ pointer, detail: 'an extension attribute is a string, a 32-bit integer or a boolean' });
  }
  return findings;
}

const isAttributeValue = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && (value | 0) === value);

function toRow(n: number, event: AgentEvent, { agentName, now }: Bounds): EventRow {
  const { source, id, type, subject, data } = event;
  const at = event.time?.at ?? now;
  // The column holds milliseconds. What is finer is evidence too.
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

/**
 * SHA-256 of what an event says, in a form that does not depend on the order of its members. A missing time stays missing, so that the
 * same event sent again later is still the same.
 */
function contentHash({ type, subject, time, data }: AgentEvent): string {
  const when = time === undefined ? null : time.at.getTime();
  const finer = time === undefined || time.finer === '' ? [] : [time.finer];
  const said = canonical([type, subject ?? null, when, data, ...finer]);
  return hash('sha256', said, 'hex');
}

/** JSON with the members of every object in the order of their names. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = value as Record<string, unknown>;
  const members = Object.keys(object).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(object[name])}`).join(',')}}`;
}
