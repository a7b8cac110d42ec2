import { EcsFailure } from '../ecs/failure.ts';
import { poll } from '../ecs/poll.ts';
import type { Session } from '../ecs/session.ts';

const REQUEST_MS = 5_000;
/** Old tasks drain behind the same address, so one good answer proves little. */
const ANSWERS_IN_A_ROW = 3;

/**
 * Waits until an address answers 200 with the wanted commit several times in a row.
 * @param commit full or abbreviated hash.
 * @param deadline moment on the session's clock.
 * @throws EcsFailure `failed` with the last answer.
 */
export async function servesCommit(session: Session, url: string, commit: string, deadline: number): Promise<void> {
  let inARow = 0;
  let last = '';
  const served = await poll<true>(session, {
    deadline,
    look: async () => {
      const answer = await ask(url);
      last = answer.text;
      inARow = answer.ok && sameCommit(answer.commit, commit) ? inARow + 1 : 0;
      return inARow >= ANSWERS_IN_A_ROW ? true : undefined;
    },
  });
  if (!served) throw new EcsFailure('failed', `${url} does not serve commit ${commit}; it last said: ${last}`);
  session.log(`${url} serves ${commit}`);
}

function sameCommit(served: string | undefined, wanted: string): boolean {
  if (!served) return false;
  return served.startsWith(wanted) || wanted.startsWith(served);
}

async function ask(url: string): Promise<{ ok: boolean; commit: string | undefined; text: string }> {
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
