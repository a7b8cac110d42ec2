import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, visitorOf, type Smoke } from './run.ts';
import type { HttpVisitor } from './http-visitor.ts';

interface Event {
  id: string;
  createdAt: string;
  action: string;
  outcome: string;
  actorLabel: string | null;
  targetId: string | null;
}

interface Page {
  events: Event[];
  nextCursor: string | null;
}

async function list(visitor: HttpVisitor, query: string): Promise<Page> {
  const answer = await visitor.ask(`/api/audit?${query}`);
  expect(answer.status === 200, `/api/audit?${query} answers ${answer.status}`);
  return JSON.parse(answer.text) as Page;
}

/** The sign-in of this run must be the newest sign-in event. */
const LATELY_MS = 5 * 60_000;

/** Checks that an admin sees the sign-ins of this run in the log. @returns what was found. @throws Broken naming the one that is missing. */
export async function signInIsRecorded(smoke: Smoke): Promise<string> {
  const { events } = await list(visitorOf(smoke, 'admin'), 'action=auth.sign_in&outcome=success&limit=20');
  for (const { email } of Object.values(smoke.accounts ?? {})) {
    const found = events.find(({ actorLabel }) => actorLabel === email.toLowerCase());
    expect(
      found !== undefined && Math.abs(Date.now() - Date.parse(found.createdAt)) < LATELY_MS,
      `the sign-in of ${email} is not in the audit log`,
    );
  }
  return 'auth.sign_in of all three';
}

const PAGE = 5;
const PAGES = 4;

/** Reading the log creates events, so rows are added between the pages. */
export async function moreWithoutDuplicates(smoke: Smoke): Promise<string> {
  const visitor = visitorOf(smoke, 'admin');
  const seen: Event[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page++) {
    const next: Page = await list(
      visitor,
      `limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    seen.push(...next.events);
    cursor = next.nextCursor;
    if (cursor === null) break;
  }
  const ids = seen.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  expect(repeated === undefined, `"More" shows a row twice: ${repeated}`);
  const sorted = seen.every(({ createdAt }, index) => index === 0 || createdAt <= (seen[index - 1]?.createdAt ?? ''));
  expect(sorted, '"More" is not newest first');
  if (cursor !== null) {
    const other = await visitor.ask(`/api/audit?action=auth.sign_in&cursor=${encodeURIComponent(cursor)}`);
    expect(other.status === 400, `a cursor of other filters is taken (HTTP ${other.status}): filters must reset it`);
  }
  return `${ids.length} rows over pages of ${PAGE}, none twice`;
}

/** A test event of an agent with a unique target. */
export const smokeEvent = (id: string) =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: 'smoke',
    type: 'golive.agent.event',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: {
      action: 'agent.smoke',
      outcome: 'success',
      actor: { id: 'smoke', label: 'smoke' },
      target: { type: 'smoke', id },
    },
  });

const EVENT_WAIT_MS = 8_000;

/** Checks that an event sent with the agent's key reaches the log. @returns the delay. @throws Broken when it is refused or does not come. */
export async function agentEventAppears(smoke: Smoke): Promise<string> {
  const id = randomUUID();
  const started = performance.now();
  const visitor = visitorOf(smoke, 'admin');
  const answer = await visitor.ask('/api/agent/events', {
    method: 'POST',
    headers: { authorization: `Bearer ${smoke.agentKey}`, 'content-type': 'application/cloudevents+json' },
    body: smokeEvent(id),
  });
  expect(
    answer.status === 202,
    `the agent's event was not accepted (HTTP ${answer.status}): ${answer.text.slice(0, 200)}`,
  );
  while (performance.now() - started < EVENT_WAIT_MS) {
    if ((await list(visitor, `target=${id}`)).events.length > 0)
      return `in the log after ${Math.round(performance.now() - started)} ms`;
    await sleep(250);
  }
  expect(false, `the agent's event is not in the audit log after ${EVENT_WAIT_MS / 1000} s: does the worker run?`);
}
