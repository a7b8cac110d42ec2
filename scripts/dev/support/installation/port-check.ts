import { createServer } from 'node:net';

/** The reason why a port is not available, or undefined. */
export async function portProblem(port: number): Promise<string | undefined> {
  // Some systems allow a wildcard and a loopback listener on the same port.
  for (const host of [undefined, '127.0.0.1']) {
    const code = await tryListen(port, host);
    if (code === 'EADDRINUSE') return `port ${port} is taken: choose another with -- --port N`;
    if (code === 'EACCES') return `port ${port} needs more rights than this user has: choose one above 1023`;
    if (code !== undefined) return `port ${port} cannot be used: ${code}`;
  }
  return undefined;
}

function tryListen(port: number, host: string | undefined): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
