export const REQUEST_ID_HEADER = 'x-request-id';
/** The requested path; proxy.ts or the request filter overwrites values sent by clients. */
export const PATH_HEADER = 'x-golive-path';

/**
 * A new request id, for log lines, audit events and the response. Never taken from the client, who could otherwise mix its events with
 * those of another request.
 */
export const newRequestId = (): string => crypto.randomUUID();
