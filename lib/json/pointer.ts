/** Path of a value in a JSON document. */
export type Path = readonly (string | number)[];

/** Longer names and paths are truncated, to limit untrusted text in error messages. */
const MAX_PART = 100;
const MAX_DEPTH = 32;

const escapePart = (part: string) => part.slice(0, MAX_PART).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');

/** The JSON Pointer (RFC 6901) of a path; the empty text is the whole document. */
export const toPointer = (path: Path): string =>
  path
    .slice(0, MAX_DEPTH)
    .map((part) => `/${escapePart(String(part))}`)
    .join('');
