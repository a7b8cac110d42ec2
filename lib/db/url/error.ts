/**
 * Why a database URL is not understood, as what follows the name of its variable, with the mend. Holds no part of the URL but names of
 * parameters: what looks like a host or a name may be the end of a password.
 */
export class DatabaseUrlFault extends Error {
  override name = 'DatabaseUrlFault';
}
