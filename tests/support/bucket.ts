import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a bucket does that prune and anchors depend on: it keeps what it took under a lock, and refuses what is not what was announced. */
export class Bucket {
  readonly objects = new Map<string, Buffer>();
  readonly locks: { key: string; mode: unknown; days: number }[] = [];
  refuse = false;
  /** What the disk below gives back of what it took. */
  faded = (content: Buffer) => content;
  readonly #server: Server = createServer((request, response) => {
    const key = new URL(request.url ?? '/', 'http://s3').pathname;
    void this.#answer(request, key).then(({ status, body }) => response.writeHead(status).end(body));
  });

  /** @returns the environment in which the AWS SDK finds it. */
  async open(): Promise<Record<string, string>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
    };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, key: string): Promise<{ status: number; body?: Buffer }> {
    const content = Buffer.concat((await request.toArray()) as Buffer[]);
    if (this.refuse) return { status: 403 };
    const kept = this.objects.get(key);
    if (request.method === 'GET') return kept ? { status: 200, body: this.faded(kept) } : { status: 404 };
    const { headers } = request;
    // Under Object Lock a bucket takes nothing without a checksum.
    const announced = headers['x-amz-checksum-sha256'];
    const sum = createHash('sha256').update(content).digest('base64');
    if (announced === undefined ? headers['x-amz-checksum-crc32'] === undefined : announced !== sum)
      return { status: 400 };
    const until = Date.parse(String(headers['x-amz-object-lock-retain-until-date']));
    this.locks.push({ key, mode: headers['x-amz-object-lock-mode'], days: Math.round((until - Date.now()) / 864e5) });
    this.objects.set(key, content);
    return { status: 200 };
  }
}
