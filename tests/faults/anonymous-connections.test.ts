import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startProcess } from '../support/process/processes.ts';
import { startTestSite } from '../../scripts/dev/support/browser/test-site.ts';
import { residentMemoryMiB } from '../support/memory.ts';
import { until } from '../support/worker.ts';
import { full } from './support.ts';

const CONNECTIONS = 500;
const MAX_GROWTH_MIB = 100;

/** Requests of people without an account that begin, and do not end or are larger than they should be. */
const BEGINNINGS: Record<string, string> = {
  'headers without end': `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(15_000)}`,
  'a sign-in whose last byte does not come': withBody('/login', 16_000, 15_999),
  'the same for NextAuth': withBody('/api/auth/callback/credentials', 16_000, 15_999),
  'a form whose last byte does not come': withBody('/account', 65_000, 64_999),
  'events without a key that come slowly': withBody('/api/agent/events', 1_000_000, 60_000),
  'events without a key, too many': withBody('/api/agent/events', 10_000_000, 2_000_000),
  'a form of 10 MB': withBody('/', 10_000_000, 500_000),
  'a form without a length and without end': `POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'4000\r\n' + 'x'.repeat(0x4000)}\r\n${'4000\r\n' + 'x'.repeat(0x4000)}\r\n`,
  'a page that nobody reads': 'GET /login HTTP/1.1\r\nHost: a\r\n\r\n',
  'pages that are asked for before the first has come': 'GET /login HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20),
};

function withBody(path: string, length: number, sent: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(sent)}`;
}

test(`${CONNECTIONS} slow or large connections of strangers cost less than ${MAX_GROWTH_MIB} MiB each time, and others are served`, async () => {
  await using server = full ? await wholeSite() : await gateAlone();
  const { origin, group } = server;
  // Code is compiled and caches are filled by ordinary traffic.
  for (let request = 0; request < (full ? 600 : 50); request++) await (await fetch(`${origin}/login`)).text();
  const figures: Record<string, string> = {};
  const beginnings = Object.entries(BEGINNINGS).filter((_, index) => full || index % 4 === 3);
  for (const [name, beginning] of beginnings) {
    const before = await residentMemoryMiB(group);
    let most = before;
    const sockets = await openAll(Number(new URL(origin).port), beginning);
    for (let look = 0; look < (full ? 16 : 4); look++) {
      await sleep(250);
      most = Math.max(most, await residentMemoryMiB(group));
    }
    expect((await fetch(`${origin}/api/health`)).status, name).toBe(200);
    for (const socket of sockets) socket.destroy();
    figures[name] = `${before} to ${most} MiB`;
    expect(most - before, name).toBeLessThan(MAX_GROWTH_MIB);
  }
  if (full) console.log(`memory of the web server while ${CONNECTIONS} strangers send:`, figures);
}, 600_000);

/** Opens the connections and sends on each what the other end takes; nothing that comes back is read. */
async function openAll(port: number, beginning: string): Promise<Socket[]> {
  const sockets = Array.from({ length: CONNECTIONS }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => undefined).pause();
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(beginning);
  return sockets;
}

/** The production server, with a database of its own. */
async function wholeSite() {
  const { stop, ...site } = await startTestSite();
  return { ...site, [Symbol.asyncDispose]: () => stop() };
}

/** What `npm test` has time for: the gate, which holds whatever strangers send, on a server without an app. */
async function gateAlone() {
  const started = startProcess('node', ['tests/support/gated-server.ts']);
  const output = () => started.output();
  await until(() => Promise.resolve(/^\d+$/.test(output())), output);
  return { origin: `http://127.0.0.1:${output()}`, group: started.pid, [Symbol.asyncDispose]: () => started.stop() };
}
