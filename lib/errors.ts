/**
 * Expected failures are returned as `Result`, never thrown. Callers and translations depend on the code only; `STATUS` maps codes to HTTP
 * statuses.
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

/** A successful result. */
export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

/** An expected failure: a code for programs and a sentence for people. */
export const fail = (code: ErrorCode, detail: string, extra?: Record<string, unknown>): Failure =>
  extra === undefined ? { ok: false, code, detail } : { ok: false, code, detail, extra };

/** Problem details (RFC 9457). `type` is a stable URN. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  [member: string]: unknown;
}

/** The problem document of a failure, with the status from `STATUS`. */
export function toProblem({ code, detail, extra }: Failure): Problem {
  return {
    type: `urn:golive:problem:${code}`,
    title: code.replaceAll('_', ' '),
    status: STATUS[code],
    detail,
    ...extra,
  };
}
