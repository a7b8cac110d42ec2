import { EcsFailure } from '../ecs/failure.ts';
import { poll } from '../ecs/poll.ts';
import type { Session } from '../ecs/session.ts';

const REQUEST_MS = 5_000;
/** Consecutive responses required: draining tasks of the old release still answer. */
const REQUIRED_SUCCESSES = 3;

/**
 * Waits until the URL responds 200 with the expected commit several times in a row.
 * @param commit full or abbreviated hash.
 * @param deadline moment on the session's clock.
 * @throws EcsFailure `failed` with the last answer.
 */
export async function waitUntilServing(session: Session, url: string, commit: string, deadline: number): Promise<void> {
  let consecutive = 0;
  let last = '';
  const served = await poll<true>(session, {
    deadline,
    check: async () => {
      const answer = await fetchHealth(url);
      last = answer.text;
      consecutive = answer.ok && sameCommit(answer.commit, commit) ? consecutive + 1 : 0;
      return consecutive >= REQUIRED_SUCCESSES ? true : undefined;
    },
  });
  if (!served) throw new EcsFailure('failed', `${url} does not serve commit ${commit}; it last said: ${last}`);
  session.log(`${url} serves ${commit}`);
}

function sameCommit(served: string | undefined, wanted: string): boolean {
  if (!served) return false;
  return served.startsWith(wanted) || wanted.startsWith(served);
}

async function fetchHealth(url: string): Promise<{ ok: boolean; commit: string | undefined; text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS), redirect: 'manual' });
    const body = await response.text();
    return { ok: response.status === 200, commit: commitIn(body), text: `${response.status} ${body.slice(0, 300)}` };
  } catch (error) {
    return { ok: false, commit: undefined, text: error instanceof Error ? error.message : String(error) };
  }
}

function commitIn(body: string): string | undefined {
  try {
    const { commit } = JSON.parse(body) as { commit?: unknown };
    return typeof commit === 'string' ? commit : undefined;
  } catch {
    return undefined;
  }
}
