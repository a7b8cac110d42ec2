import { expect, test } from 'vitest';
import { chooseBrowser, type Host } from './chromium.ts';

const CHROME_OF_A_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const host = (platform: NodeJS.Platform, arch: string, ...files: string[]): Host => ({
  platform,
  arch,
  own: '/cache/chromium',
  exists: (path) => files.includes(path),
});

test.for([
  [
    'Playwright’s own, which fits it best',
    host('linux', 'x64', '/cache/chromium', '/opt/google/chrome/chrome'),
    '/cache/chromium',
  ],
  ['Playwright’s own on a Mac', host('darwin', 'arm64', '/cache/chromium', CHROME_OF_A_MAC), '/cache/chromium'],
  ['Chrome on a Mac', host('darwin', 'arm64', CHROME_OF_A_MAC), CHROME_OF_A_MAC],
  ['Chrome on Linux', host('linux', 'x64', '/opt/google/chrome/chrome'), '/opt/google/chrome/chrome'],
] as const)('the browser is %s', ([, where, path]) => {
  expect(chooseBrowser(where)).toEqual({ path });
});

test('a bare Linux on x64 takes the one that npm brought', () => {
  expect(chooseBrowser(host('linux', 'x64'))).toBe('packed');
});

test.for(['darwin arm64', 'linux arm64'])('on %s without a browser it says what to run', (where) => {
  const [platform, arch] = where.split(' ') as [NodeJS.Platform, string];
  expect(() => chooseBrowser(host(platform, arch))).toThrow('npx playwright install chromium');
});
