/**
 * Why a database URL is invalid, phrased to follow the variable's name, with the fix. Contains no part of the URL except parameter names:
 * what looks like a host may be part of a password.
 */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlFault';
}
