export const REQUEST_ID_HEADER = 'x-request-id';
/** The path that was asked for; proxy.ts, or the gate where that does not look, overwrites whatever a client sends. */
export const PATH_HEADER = 'x-golive-path';

/**
 * The id of a request: in its log lines, its audit events and its answer. Always our own: a client that chose it could make another
 * request's events look like part of this one.
 */
export const newRequestId = (): string => crypto.randomUUID();
