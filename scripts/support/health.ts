import { HEALTH_PATH, TIMING } from '../../lib/release/contract.ts';
import type { Running } from './processes.ts';

const POLL_MS = 150;

/**
 * Waits until a server answers that it is healthy.
 * @throws when it ends first, or is not healthy in time; the message holds its last output and answer.
 */
export async function untilHealthy(
  origin: string,
  server: Running,
  seconds: number = TIMING.healthGrace,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let answer = 'none';
  let code: number | undefined;
  void server.ended.then((exitCode) => (code = exitCode));
  while (performance.now() < deadline) {
    if (code !== undefined) throw new Error(`the web server ended with exit code ${code}:\n${server.output()}`);
    try {
      const response = await fetch(origin + HEALTH_PATH, { signal: AbortSignal.timeout(TIMING.healthTimeout * 1000) });
      if (response.ok) return;
      answer = `${response.status} ${await response.text()}`;
    } catch (error) {
      answer = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(
    `${origin}${HEALTH_PATH} was not healthy within ${seconds} s; last answer: ${answer}\n${server.output()}`,
  );
}
