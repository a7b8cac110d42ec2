import { systemClock, type Clock } from './clock.ts';
import { openClients, type Clients } from './clients.ts';

/** Shared dependencies of the verbs: clients, clock, progress output. */
export interface Session {
  aws: Clients;
  clock: Clock;
  /** Writes a progress line. */
  log: (line: string) => void;
  /** Polling interval in milliseconds. */
  pollMs: number;
}

const POLL_MS = 5_000;

/** A session against AWS, or against `AWS_ENDPOINT_URL` when that is set. */
export function openSession(region: string, log: Session['log'], pollMs = POLL_MS, clock = systemClock): Session {
  return { aws: openClients(region, clock), clock, log, pollMs };
}
