import { connect, createServer, type Socket } from 'node:net';

/** A wire that can be made slow: what stands between an application and a database that is far away or busy. */
export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Milliseconds that every chunk waits, in both directions. */
  delayMs: number;
}

/** Listens on a free port of 127.0.0.1 and passes everything on to `port`. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => void setTimeout(() => to.write(chunk), proxy.delayMs));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as { port: number }).port,
    delayMs: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
