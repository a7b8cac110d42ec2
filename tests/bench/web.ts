/**
 * `npm run bench -- web --json`: requests a second of the health route, of a bare dynamic route and of one page of the log through the
 * API, each at 20 connections against the same production server; the page's p95 over that of the bare route;
 * and the time from start to healthy over that in which npm starts Next to say its version.
 */
import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import autocannon from 'autocannon';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import { emailOf } from '#prisma/demo-accounts.ts';
import { HttpVisitor } from '../../scripts/smoke/support/http-visitor.ts';
import { startTestSite, type TestSite } from '../../scripts/dev/support/browser/test-site.ts';
import { ensureBuilt } from './support/built.ts';
import { reportAndExit, median, round, time } from './support/measure.ts';
import { progress } from './support/server.ts';

const CONNECTIONS = 20;
const SECONDS = 8;
/** Answers a constant and asks nobody: what the server's own machinery costs. */
const BARE_PATH = '/api/agent/schema';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  await ensureBuilt();
  progress('starting Next alone, and the app');
  const bareBoot = median(await time(5, () => promisify(execFile)('npm', ['exec', '--', 'next', '--version']), 1));
  const site = await startTestSite({ LOG_LEVEL: 'error' });
  try {
    const cookie = await signedIn(site);
    const bare = await load(site, BARE_PATH);
    const health = await load(site, HEALTH_PATH);
    const api = await load(site, '/api/audit', cookie);
    const page = await load(site, '/audit', cookie);
    const result = {
      health_rps: round(health.rps),
      audit_page_p95_ms: round(page.p95),
      audit_api_rps: round(api.rps),
      bare_rps: round(bare.rps),
      bare_p95_ms: round(bare.p95),
      boot_ms: round(site.bootMs),
      bare_boot_ms: round(bareBoot),
    };
    reportAndExit(
      result,
      [
        { figure: 'audit_api_rps', limit: 'bare_rps', atLeast: 0.3 },
        { figure: 'audit_page_p95_ms', limit: 'bare_p95_ms', atMost: 20 },
        { figure: 'boot_ms', limit: 'bare_boot_ms', atMost: 6 },
      ],
      values.json,
    );
  } finally {
    await site.stop();
  }
}

async function signedIn({ origin, accounts }: TestSite): Promise<string> {
  const visitor = new HttpVisitor(origin);
  await visitor.signIn(emailOf('admin'), accounts.admin);
  return [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

/** One warm run, then the measured one. A single answer that is not 2xx spoils it. */
async function load({ origin }: TestSite, path: string, cookie?: string) {
  progress(`measuring ${path}`);
  const options = { url: origin + path, connections: CONNECTIONS, ...(cookie ? { headers: { cookie } } : {}) };
  await autocannon({ ...options, duration: 2 });
  const run = autocannon({ ...options, duration: SECONDS });
  const times: number[] = [];
  run.on('response', (_client, _status, _bytes, ms) => times.push(ms));
  const { requests, non2xx, errors } = await run;
  if (non2xx > 0 || errors > 0) throw new Error(`${path}: ${non2xx} bad answers, ${errors} errors`);
  times.sort((one, other) => one - other);
  return { rps: requests.average, p95: times[Math.floor(times.length * 0.95)] ?? Number.NaN };
}

await main();
