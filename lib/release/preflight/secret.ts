import { green, red, type Check } from './check.ts';

/** Common placeholder secrets. */
const PLACEHOLDER = /change.?me|secret|password|example|golive|nextauth|123456|qwerty/i;

/** Shannon entropy of a text in bits: 32 random bytes in base64 have about 220. */
function bits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - count * Math.log2(count / text.length), 0);
}

/** Required entropy: 128 bits (NIST SP 800-57, security strength). */
const ENOUGH_BITS = 128;

export const secret: Check = {
  name: 'secret',
  description: 'the session secret cannot be guessed',
  run({ env }) {
    const value = env.NEXTAUTH_SECRET ?? '';
    const fix = 'make one with: openssl rand -base64 32';
    if (value === '') return Promise.resolve([red('NEXTAUTH_SECRET is missing', fix)]);
    if (PLACEHOLDER.test(value)) return Promise.resolve([red('NEXTAUTH_SECRET holds a word that people guess', fix)]);
    const strength = Math.floor(bits(value));
    return Promise.resolve([
      strength < ENOUGH_BITS
        ? red(`NEXTAUTH_SECRET has about ${strength} bits, fewer than ${ENOUGH_BITS}`, fix)
        : green(`about ${strength} bits`),
    ]);
  },
};
