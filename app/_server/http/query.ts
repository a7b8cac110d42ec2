/** Search params of a page, as Next passes them. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** Converts search params to URLSearchParams; repeated parameters stay repeated, so that lib can reject them. */
export async function searchParamsOf(given: SearchParams): Promise<URLSearchParams> {
  const pairs = Object.entries(await given).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((text): [string, string] => [name, text]),
  );
  return new URLSearchParams(pairs);
}
