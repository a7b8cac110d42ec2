import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/postgres/postgres.ts';
import { startProcess } from '../../support/process/processes.ts';

/** A reverse proxy in front of a server, by what it makes of `Host`. */
export interface Front extends AsyncDisposable {
  name: string;
  origin: string;
}

/** Passes everything on with another `Host`, and says nothing of the first, as nginx does with no `proxy_set_header`. */
export async function plainFront(name: string, port: number, host: string): Promise<Front> {
  const server = createServer((from, to) => {
    const onward = request({
      port,
      host: '127.0.0.1',
      method: from.method,
      path: from.url,
      headers: { ...from.headers, host },
    });
    onward.on('response', (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    from.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const NGINX = '/usr/sbin/nginx';

/** Two of the real one in a row, where the system has it: its defaults, and before that one whose `Host` has lost its port. */
export async function nginxFronts(port: number): Promise<Front[]> {
  if (!existsSync(NGINX)) return [];
  const dir = await mkdtemp(join(tmpdir(), 'golive-nginx-'));
  const [defaults, twice] = [await freePort(), await freePort()];
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${dir}/${of};`);
  await writeFile(
    join(dir, 'nginx.conf'),
    `daemon off; pid ${dir}/pid; error_log ${dir}/error.log;
events {}
http {
  access_log off; ${scratch.join(' ')}
  upstream golive_upstream { server 127.0.0.1:${port}; }
  server { listen 127.0.0.1:${defaults}; location / { proxy_pass http://golive_upstream; } }
  server { listen 127.0.0.1:${twice}; location / { proxy_set_header Host $host; proxy_pass http://127.0.0.1:${defaults}; } }
}
`,
  );
  const nginx = startProcess(NGINX, ['-e', join(dir, 'error.log'), '-c', join(dir, 'nginx.conf')]);
  const stop = async () => {
    await nginx.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const fronts = { 'nginx with its defaults': defaults, 'two of nginx in a row': twice };
  return Object.entries(fronts).map(([name, at]) => ({
    name,
    origin: `http://127.0.0.1:${at}`,
    [Symbol.asyncDispose]: stop,
  }));
}
