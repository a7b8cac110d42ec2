/**
 * Expected failures are returned, never thrown: `Result` says so in the type. A code is the only thing that callers and
 * translations look at; `STATUS` is the one map from a code to HTTP.
 */
export const STATUS = {
  bad_request: 400,
  invalid_cursor: 400,
  invalid_filter: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_slow: 408,
  conflict: 409,
  email_taken: 409,
  name_taken: 409,
  last_admin: 409,
  too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  invalid_input: 422,
  weak_password: 422,
  wrong_password: 422,
  invalid_token: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof STATUS;

export interface Failure {
  ok: false;
  code: ErrorCode;
  /** One sentence in English that says what to do. The UI translates the code instead. */
  detail: string;
  /** Members of the problem document beside the standard ones, e.g. `errors` with pointers. */
  extra?: Record<string, unknown>;
}

export type Result<T> = { ok: true; value: T } | Failure;

/** It went well, with this outcome. */
export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

/** It was expected that this may happen: a code for programs, a sentence for whoever reads it. */
export const fail = (code: ErrorCode, detail: string, extra?: Record<string, unknown>): Failure =>
  extra === undefined ? { ok: false, code, detail } : { ok: false, code, detail, extra };

/** Problem details after RFC 9457. `type` is a stable URN, so that clients can compare it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  [member: string]: unknown;
}

/** The body of an answer that tells of a failure; its status is the one of `STATUS`. */
export function toProblem({ code, detail, extra }: Failure): Problem {
  return {
    type: `urn:golive:problem:${code}`,
    title: code.replaceAll('_', ' '),
    status: STATUS[code],
    detail,
    ...extra,
  };
}
