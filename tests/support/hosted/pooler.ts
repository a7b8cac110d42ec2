import { spawn, spawnSync } from 'node:child_process';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../postgres/postgres.ts';
import { serverUser } from '../postgres/postgres-files.ts';
import { reportUnchecked } from '../process/unchecked.ts';

/** Codes of the packets that may come before a session, and of the session itself (protocol 3.0). */
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const PROTOCOL_3 = 196_608;
const START_MS = 30_000;

interface Listening {
  port: number;
  stop(): Promise<void>;
}

/** The server behind a pooler and the role for password lookups. */
interface Behind {
  port: number;
  admin: { name: string; password: string };
}

/**
 * A session-mode pooler that expects user names of the form `role.project`, like hosted poolers with many projects. Without pgbouncer only
 * the names are translated, and the skipped check is reported. @param folder for its files, accessible to the server's user.
 */
export async function startPooler(folder: string, project: string, behind: Behind): Promise<Listening> {
  const bouncer = await startBouncer(folder, behind);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => near.destroy()).on('close', () => sockets.delete(near));
    void openSession(near, project, bouncer?.port ?? behind.port).catch(() => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await bouncer?.stop();
    },
  };
}

/** Rewrites the user name in the startup packet and then forwards everything. */
async function openSession(near: Socket, project: string, port: number): Promise<void> {
  for (;;) {
    const packet = await readPacket(near);
    const code = packet.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      near.write('N');
      continue;
    }
    const first = code === PROTOCOL_3 ? withoutProject(packet, project) : packet;
    if (first === undefined) return void near.end(fatal('Tenant or user not found'));
    const far = connect(port, '127.0.0.1');
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    far.write(first);
    near.pipe(far);
    far.pipe(near);
    return;
  }
}

/** An untyped packet: a length of four bytes, then the body. */
async function readPacket(socket: Socket): Promise<Buffer> {
  for (;;) {
    const head = socket.read(4) as Buffer | null;
    if (head !== null) {
      const length = head.readInt32BE(0) - 4;
      for (;;) {
        const rest = socket.read(length) as Buffer | null;
        if (rest !== null) return Buffer.concat([head, rest]);
        await readable(socket);
      }
    }
    await readable(socket);
  }
}

const readable = (socket: Socket) =>
  new Promise<void>((resolve, reject) => {
    if (socket.readableEnded || socket.destroyed) return void reject(new Error('the client has gone'));
    socket.once('readable', resolve);
    socket.once('end', () => reject(new Error('the client has gone')));
  });

/** The startup packet with the server's user name; undefined when the project is missing or wrong. */
function withoutProject(packet: Buffer, project: string): Buffer | undefined {
  const words = packet.subarray(8).toString('utf8').split('\0');
  const at = words.findIndex((word, i) => i % 2 === 0 && word === 'user') + 1;
  const name = words[at] ?? '';
  if (!name.endsWith(`.${project}`)) return undefined;
  words[at] = name.slice(0, -project.length - 1);
  const body = Buffer.from(words.join('\0'));
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, body]);
}

/** An ErrorResponse, as a server sends it before it closes. */
function fatal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0CXX000\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

async function startBouncer(folder: string, { port: server, admin }: Behind): Promise<Listening | undefined> {
  if (spawnSync('pgbouncer', ['--version']).status !== 0) {
    reportUnchecked('a session pooler of a hosted database', 'pgbouncer is not here (Debian: pgbouncer)');
    return undefined;
  }
  const port = await freePort();
  const files = {
    'users.txt': `"${admin.name}" "${admin.password}"\n`,
    // Passwords are looked up on the server, so that new roles can connect immediately.
    'pgbouncer.ini': `[databases]
* = host=127.0.0.1 port=${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
auth_user = ${admin.name}
pool_mode = session
default_pool_size = 15
`,
  };
  const user = serverUser();
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    if (user) await chown(join(folder, name), user.uid, user.gid);
  }
  await chmod(folder, 0o755);
  const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { stdio: 'ignore', ...user });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = Date.now() + START_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('pgbouncer did not start');
    await sleep(50);
  }
  return {
    port,
    async stop() {
      child.kill('SIGINT');
      await gone;
    },
  };
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
