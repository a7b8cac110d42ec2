import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { BATCH, testEvent, type TestAgent } from '../../support/agents.ts';
import type { Site } from './test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** An event from before the demo history: the lists that other tests read at the same time do not shift. */
export const oldEvent = (given: Record<string, unknown> = {}) =>
  testEvent({ time: new Date(Date.now() - 90 * DAY_MS).toISOString(), ...given });

/** The same as the CloudEvents SDK makes it. */
export const sdkEvent = () => new CloudEvent(oldEvent());

export const structured = (event: unknown): Message => ({
  headers: { 'content-type': HTTP.structured(sdkEvent()).headers['content-type'] },
  body: JSON.stringify(event),
});

/** The SDK takes batches apart but does not put them together. */
export const batchOf = (events: unknown): Message => ({
  headers: { 'content-type': BATCH },
  body: JSON.stringify(events),
});

/** Sends a message as an agent does. A problem document is told apart by its content type. */
export async function post(site: Site, agent: Pick<TestAgent, 'secret'> | null, { headers, body }: Message) {
  const response = await fetch(`${site.origin}/api/agent/events`, {
    method: 'POST',
    headers: { ...(agent ? { authorization: `Bearer ${agent.secret}` } : {}), ...(headers as Record<string, string>) },
    body: body as string,
  });
  return answerOf(response);
}

export async function get(site: Site, agent: Pick<TestAgent, 'secret'> | null, path: string) {
  const headers: Record<string, string> = agent ? { authorization: `Bearer ${agent.secret}` } : {};
  return answerOf(await fetch(site.origin + path, { headers }));
}

async function answerOf(response: Response) {
  const header = (name: string) => response.headers.get(name);
  return { status: response.status, type: header('content-type'), header, json: (await response.json()) as unknown };
}
