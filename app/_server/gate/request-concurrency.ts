import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import { bodyRule } from '#lib/access/body-limits.ts';
import { isOwn } from '../http/peer.ts';

/** Requests that wait for their turn, and how long, in milliseconds. */
const MAX_WAITING = 1_000;
const WAIT_MS = 10_000;
/** Requests that a client may send on one connection before it has the answer to the first; browsers and proxies send none. */
const MAX_PIPELINED = 8;

interface Waiting {
  start: () => void;
  leave: () => void;
  deadline: NodeJS.Timeout;
}

/** Requests that Next works on at once, each until the first byte of its answer: nobody keeps others out by reading slowly. */
class Turns {
  readonly #max: number;
  readonly #waiting = new Set<Waiting>();
  #atWork = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(response: ServerResponse, start: () => void, refuse: () => void): void {
    if (this.#atWork < this.#max) this.#work(response, start);
    else if (this.#waiting.size < MAX_WAITING) this.#wait(response, start, refuse);
    else refuse();
  }

  #work(response: ServerResponse, start: () => void): void {
    this.#atWork += 1;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#atWork -= 1;
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

  #wait(response: ServerResponse, start: () => void, refuse: () => void): void {
    const leave = () => {
      clearTimeout(entry.deadline);
      this.#waiting.delete(entry);
    };
    const giveUp = () => {
      leave();
      refuse();
    };
    const entry: Waiting = { start: () => this.#work(response, start), leave, deadline: setTimeout(giveUp, WAIT_MS) };
    this.#waiting.add(entry);
    response.once('close', leave);
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#atWork >= this.#max) return;
    next.leave();
    next.start();
  }
}

/** Rendering a page takes a megabyte or two until its first byte is out. */
const ordinary = new Turns(24);
/** Apart, and more of them: with a good key an event is read while it comes. lib/agents/ingest/concurrency.ts allows 24 of those. */
const events = new Turns(40);

/**
 * Starts work on a request when it is its turn: one after the other on a connection, and not too many at once in the process.
 * @param refuse called instead, once, when too many wait or it has waited too long.
 */
export function inTurn(
  request: IncomingMessage,
  response: ServerResponse,
  start: () => void,
  refuse: () => void,
): void {
  afterEarlierOnes(request.socket, response, () => {
    // A load balancer must hear from a busy server. What the server asks itself is part of a request that is at work already.
    if (request.url === HEALTH_PATH || isOwn(request)) return void start();
    const turns = bodyRule(request.url ?? '/').by === 'handler' ? events : ordinary;
    turns.take(response, start, refuse);
  });
}

/** What a connection has sent and not been answered yet, in its order. */
const lines = new WeakMap<Socket, (() => void)[]>();

function afterEarlierOnes(socket: Socket, response: ServerResponse, start: () => void): void {
  const line = lines.get(socket) ?? [];
  lines.set(socket, line);
  if (line.length > MAX_PIPELINED) return void socket.destroy();
  response.once('close', () => {
    line.shift();
    if (!socket.destroyed) line[0]?.();
  });
  line.push(start);
  if (line.length === 1) start();
}
