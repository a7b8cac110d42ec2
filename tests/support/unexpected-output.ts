import { format } from 'node:util';
import { afterAll, afterEach } from 'vitest';

/**
 * A console.error or console.warn that nobody expected fails the test that caused it. Not at once, because the code under test may
 * swallow what is thrown: at the test's end, from where it was said. A test that wants the noise puts a spy of its own before this
 * guard: `using spy = vi.spyOn(console, 'error').mockImplementation(() => undefined)`.
 */
const unexpectedCalls: Error[] = [];
const originals = { error: console.error, warn: console.warn };

for (const channel of ['error', 'warn'] as const)
  console[channel] = (...words: unknown[]) => {
    unexpectedCalls.push(new Error(`console.${channel} that no test expects: ${format(...words)}`));
  };

function failOnUnexpectedOutput(): void {
  const [first] = unexpectedCalls.splice(0);
  if (first) throw first;
}

afterEach(failOnUnexpectedOutput);

// Also what is said between the tests; the next file of the same process finds the console as it was.
afterAll(() => {
  Object.assign(console, originals);
  failOnUnexpectedOutput();
});
