import { HEALTH_PATH, TIMING } from '#lib/release/contract.ts';
import type { Running } from './processes.ts';

const POLL_MS = 150;

/**
 * Waits until the health URL of a server responds with success. @throws when the server exits or is not healthy in time, with its last
 * output and response.
 */
export async function waitUntilHealthy(origin: string, server: Running, path: string = HEALTH_PATH): Promise<void> {
  const url = origin + path;
  const deadline = performance.now() + TIMING.healthGrace * 1000;
  let answer = 'none';
  let code: number | undefined;
  void server.ended.then((exitCode) => (code = exitCode));
  while (performance.now() < deadline) {
    if (code !== undefined) throw new Error(`it ended with exit code ${code}:\n${server.output()}`);
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMING.healthTimeout * 1000) });
      if (response.ok) return;
      answer = `${response.status} ${await response.text()}`;
    } catch (error) {
      answer = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${url} was not healthy within ${TIMING.healthGrace} s; last answer: ${answer}\n${server.output()}`);
}
