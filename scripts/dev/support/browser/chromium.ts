import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { chromium, type LaunchOptions } from '@playwright/test';

const CACHE = resolve('node_modules/.cache/golive-chromium');
const PACKED = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');
const FONTS = resolve('node_modules/geist/dist/fonts');

/** Chromium arguments: no background network requests, no dependency on GPU or shared memory, and no sandbox as root. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
];

/** Default installation paths of Chrome by platform. */
const CHROME: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  linux: '/opt/google/chrome/chrome',
};

/** Properties of the host that determine the browser. */
export interface Host {
  platform: NodeJS.Platform;
  arch: string;
  /** Path of Playwright's browser. */
  own: string;
  exists: (path: string) => boolean;
}

const here = (): Host => ({
  platform: process.platform,
  arch: process.arch,
  own: chromium.executablePath(),
  exists: existsSync,
});

/**
 * Chooses a browser: Playwright's own, then Chrome, then the Chromium of an npm package (Linux x64 only). @throws with instructions when
 * there is none.
 */
export function chooseBrowser({ platform, arch, own, exists }: Host): { path: string } | 'packed' {
  const found = [own, CHROME[platform]].find((path) => path !== undefined && path !== '' && exists(path));
  if (found !== undefined) return { path: found };
  if (platform === 'linux' && arch === 'x64') return 'packed';
  throw new Error(`no browser on ${platform} ${arch}: run npx playwright install chromium, or install Google Chrome`);
}

/** Playwright's options for the browser of this host. */
export async function launchOptions(): Promise<LaunchOptions> {
  const browser = chooseBrowser(here());
  // Under a shifted clock (`npm run test:calendar`) the browser keeps its own: libfaketime makes each of its pages wait for a minute.
  const env = { ...(process.env as Record<string, string>), LD_PRELOAD: '' };
  if (browser !== 'packed') return { executablePath: browser.path, args: FLAGS, env };
  const folder = await unpacked();
  return {
    executablePath: join(folder, 'chromium'),
    args: FLAGS,
    env: {
      ...env,
      // NSS of the package, for hosts without it.
      LD_LIBRARY_PATH: [join(folder, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  };
}

/** Unpacks the browser once per installation. The package would use a fixed path in the temporary folder, shared by all users. */
async function unpacked(): Promise<string> {
  const folder = join(CACHE, 'browser');
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const half = await mkdtemp(join(CACHE, 'half-'));
  const { inflate } = await import('@sparticuz/chromium');
  const before = process.env.TMPDIR;
  process.env.TMPDIR = half;
  try {
    for (const pack of ['chromium.br', 'fonts.tar.br', 'al2023.tar.br']) await inflate(join(PACKED, pack));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  await writeFile(join(half, 'fonts.conf'), fontsConfig(folder));
  // Of two concurrent runs the second discards its copy.
  await rename(half, folder).catch(() => rm(half, { recursive: true, force: true }));
  return folder;
}

/** A font with Latin and Cyrillic for browser-drawn text; the app serves its own font. */
const fontsConfig = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <dir>${FONTS}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`;
