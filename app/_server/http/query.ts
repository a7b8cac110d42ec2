/** The query of a page, as Next hands it over. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** The same as URLSearchParams; a parameter that is given twice stays twice, so that lib can refuse it. */
export async function searchParamsOf(given: SearchParams): Promise<URLSearchParams> {
  const pairs = Object.entries(await given).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((text): [string, string] => [name, text]),
  );
  return new URLSearchParams(pairs);
}
