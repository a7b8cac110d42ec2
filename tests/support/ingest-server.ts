import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { ingest } from '#lib/agents/ingest/ingest.ts';
import type { Db } from '#lib/db.ts';
import { toProblem } from '#lib/errors.ts';
import { CALLER } from './agents.ts';

/** The ingest API on a socket of its own, without pages around it: for clients that speak HTTP. */
export async function serveIngest(db: Db): Promise<AsyncDisposable & { origin: string }> {
  const server = createServer((request, response) => {
    const headers = new Headers(request.headers as Record<string, string>);
    const body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
    void ingest(db, { headers, body, origin: CALLER }).then((result) => {
      const status = result.ok ? 202 : toProblem(result).status;
      const retryAfter = result.ok ? undefined : result.extra?.retryAfter;
      response.writeHead(status, {
        'Content-Type': 'application/json',
        ...(typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {}),
      });
      response.end(JSON.stringify(result.ok ? result.value : toProblem(result)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
