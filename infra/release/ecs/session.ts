import { systemClock, type Clock } from './clock.ts';
import { openClients, type Clients } from './clients.ts';

/** What every verb works with: the clients, time, and somewhere to say what is going on. */
export interface Session {
  aws: Clients;
  clock: Clock;
  /** One line for a person who is watching. */
  log: (line: string) => void;
  /** Between two looks at something that changes, in milliseconds. */
  pollMs: number;
}

const POLL_MS = 5_000;

/** A session against AWS, or against `AWS_ENDPOINT_URL` when that is set. */
export function openSession(region: string, log: Session['log'], pollMs = POLL_MS, clock = systemClock): Session {
  return { aws: openClients(region, clock), clock, log, pollMs };
}
