/** Where a value stands in a JSON document: names of members and places in arrays, from the outside in. */
export type Path = readonly (string | number)[];

/** Longer names and paths are cut: a pointer helps to find a place, and is not to carry what a stranger wrote. */
const MAX_PART = 100;
const MAX_DEPTH = 32;

const escapePart = (part: string) => part.slice(0, MAX_PART).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');

/** The JSON Pointer (RFC 6901) of a path; the empty text is the whole document. */
export const toPointer = (path: Path): string =>
  path
    .slice(0, MAX_DEPTH)
    .map((part) => `/${escapePart(String(part))}`)
    .join('');
