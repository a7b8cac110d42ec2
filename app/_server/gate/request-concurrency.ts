import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import { bodyRule } from '#lib/access/body-limits.ts';
import { isInternalRequest } from '../http/peer.ts';

/** Length of the queue, and the longest wait in it in milliseconds. */
const MAX_QUEUED = 1_000;
const QUEUE_TIMEOUT_MS = 10_000;
/** Pipelined requests allowed on one connection; browsers and proxies do not pipeline. */
const MAX_PIPELINED = 8;

interface QueuedRequest {
  start: () => void;
  dequeue: () => void;
  deadline: NodeJS.Timeout;
}

/** Limits concurrent requests, each counted until the first byte of its response, so that slow readers do not block others. */
class ConcurrencyLimiter {
  readonly #max: number;
  readonly #queue = new Set<QueuedRequest>();
  #active = 0;

  constructor(max: number) {
    this.#max = max;
  }

  run(response: ServerResponse, start: () => void, reject: () => void): void {
    if (this.#active < this.#max) this.#execute(response, start);
    else if (this.#queue.size < MAX_QUEUED) this.#enqueue(response, start, reject);
    else reject();
  }

  #execute(response: ServerResponse, start: () => void): void {
    this.#active += 1;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#active -= 1;
      this.#startNext();
    };
    response.once('close', end);
    const writeHead = response.writeHead.bind(response);
    response.writeHead = ((...args: Parameters<typeof writeHead>) => {
      setImmediate(end);
      return writeHead(...args);
    }) as typeof writeHead;
    start();
  }

  #enqueue(response: ServerResponse, start: () => void, reject: () => void): void {
    const dequeue = () => {
      clearTimeout(entry.deadline);
      this.#queue.delete(entry);
    };
    const timeOut = () => {
      dequeue();
      reject();
    };
    const entry: QueuedRequest = {
      start: () => this.#execute(response, start),
      dequeue,
      deadline: setTimeout(timeOut, QUEUE_TIMEOUT_MS),
    };
    this.#queue.add(entry);
    response.once('close', dequeue);
  }

  #startNext(): void {
    const [next] = this.#queue;
    if (next === undefined || this.#active >= this.#max) return;
    next.dequeue();
    next.start();
  }
}

/** Rendering a page takes a megabyte or two until the first byte is sent. */
const requestLimiter = new ConcurrencyLimiter(24);
/** Apart, and more of them: with a good key an event is read while it comes. lib/agents/ingest/concurrency.ts allows 24 of those. */
const eventLimiter = new ConcurrencyLimiter(40);

/**
 * Runs a request when the concurrency limits allow it: in order within a connection, and with an upper bound per process. @param reject
 * called instead, once, when the queue is full or the wait is too long.
 */
export function withConcurrencyLimit(
  request: IncomingMessage,
  response: ServerResponse,
  start: () => void,
  reject: () => void,
): void {
  afterPipelinedRequests(request.socket, response, () => {
    // Health checks must pass on a busy server. Internal requests belong to a request that is already counted.
    if (request.url === HEALTH_PATH || isInternalRequest(request)) return void start();
    const limiter = bodyRule(request.url ?? '/').by === 'handler' ? eventLimiter : requestLimiter;
    limiter.run(response, start, reject);
  });
}

/** Unanswered requests of each connection, in order. */
const pipelines = new WeakMap<Socket, (() => void)[]>();

function afterPipelinedRequests(socket: Socket, response: ServerResponse, start: () => void): void {
  const pipeline = pipelines.get(socket) ?? [];
  pipelines.set(socket, pipeline);
  if (pipeline.length > MAX_PIPELINED) return void socket.destroy();
  response.once('close', () => {
    pipeline.shift();
    if (!socket.destroyed) pipeline[0]?.();
  });
  pipeline.push(start);
  if (pipeline.length === 1) start();
}
