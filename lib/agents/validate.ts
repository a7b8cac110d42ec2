import { hash } from 'node:crypto';
import type { z } from 'zod';
import { uuidv7 } from '../audit/uuid.ts';
import { AGENT_ACTION_PREFIX, cloudEvent, type AgentEvent } from './event.ts';

/** Why one event was refused. `pointer` is a JSON Pointer (RFC 6901) into the request. */
export interface EventProblem {
  index: number;
  pointer: string;
  detail: string;
}

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
export function validateEvents(envelopes: unknown[], bounds: Bounds): Validated {
  const rows: EventRow[] = [];
  const problems: EventProblem[] = [];
  for (const [index, envelope] of envelopes.entries()) {
    const outcome = cloudEvent.safeParse(withoutNulls(envelope));
    const found = outcome.success ? checkEvent(outcome.data, bounds) : fromZod(outcome.error);
    if (found.length > 0) problems.push(...found.map((problem) => ({ index, ...problem })));
    else if (outcome.success) rows.push(toRow(index, outcome.data, bounds));
  }
  return { rows, problems };
}

type Finding = Omit<EventProblem, 'index'>;

/** At most this many findings for one event: a client needs the first few. */
const MAX_FINDINGS = 5;

function fromZod(error: z.ZodError): Finding[] {
  return error.issues.slice(0, MAX_FINDINGS).map(({ path, message }) => ({
    pointer: path.map((part) => `/${escapePointer(String(part))}`).join(''),
    detail: message.slice(0, 300),
  }));
}

const escapePointer = (part: string) => part.slice(0, 100).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');

/** The JSON format reads an attribute that is null as absent. */
function withoutNulls(envelope: unknown): unknown {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) return envelope;
  return Object.fromEntries(Object.entries(envelope).filter(([, value]) => value !== null));
}

function checkEvent(event: AgentEvent, { now, oldest }: Bounds): Finding[] {
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(event)) {
    if (name in cloudEvent.shape) continue;
    const pointer = `/${escapePointer(name)}`;
    if (!/^[a-z0-9]{1,64}$/.test(name)) findings.push({ pointer, detail: 'is not the name of an extension attribute' });
    else if (!['string', 'number', 'boolean'].includes(typeof value))
      findings.push({ pointer, detail: 'an extension attribute is a string, a number or a boolean' });
  }
  if (event.time !== undefined) {
    const time = Date.parse(event.time);
    if (Number.isNaN(time)) findings.push({ pointer: '/time', detail: 'must be an RFC 3339 time' });
    else if (time > now.getTime() + CLOCK_SKEW_MS) findings.push({ pointer: '/time', detail: 'lies in the future' });
    else if (time < oldest.getTime()) findings.push({ pointer: '/time', detail: 'is older than the retention' });
  }
  return findings.slice(0, MAX_FINDINGS);
}

function toRow(n: number, event: AgentEvent, { agentName, now }: Bounds): EventRow {
  const { source, id, type, subject, data } = event;
  const at = event.time === undefined ? now : new Date(event.time);
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
    metadata: { event: { source, type, subject }, data: data.metadata ?? {} },
  };
}

/**
 * SHA-256 of what an event says, in a form that does not depend on the order of its members. A missing time stays missing, so that the
 * same event sent again later is still the same.
 */
function contentHash({ type, subject, time, data }: AgentEvent): string {
  const said = canonical([type, subject ?? null, time === undefined ? null : Date.parse(time), data]);
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
