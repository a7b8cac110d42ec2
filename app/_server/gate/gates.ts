import { limitRequestBodies } from './request-body-limits.ts';
import { filterRequests } from './request-filter.ts';

/**
 * Puts both gates between Node's server and Next. What is wrong with the first line or the headers of a request is said before its body is
 * waited for: the gate of requests is put around the gate of bodies, which is put around Next. Called once at boot.
 * @param bodyWithinMs how long a body may take.
 */
export function guardRequestsAndBodies(bodyWithinMs?: number): void {
  limitRequestBodies(bodyWithinMs);
  filterRequests();
}
