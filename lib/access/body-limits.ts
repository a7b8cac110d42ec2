const KIB = 1024;

/** What a server action and its form may weigh; next.config.ts holds Next itself to the same. */
export const FORM_BYTES = 64 * KIB;

/** Who reads a body, and how many bytes it may have. */
export type BodyRule = { by: 'server'; bytes: number } | { by: 'handler' };

/**
 * Every route by the beginning of its path; the first that fits counts. What takes no body is given a little, so that a wrong method is
 * answered as such.
 */
const RULES: readonly [beginning: string, rule: BodyRule][] = [
  ['/api/auth/', { by: 'server', bytes: 16 * KIB }],
  ['/api/', { by: 'server', bytes: KIB }],
  ['/_next/', { by: 'server', bytes: KIB }],
  ['/login', { by: 'server', bytes: 16 * KIB }],
  ['/reset/', { by: 'server', bytes: 16 * KIB }],
  ['/', { by: 'server', bytes: FORM_BYTES }],
];

/** Where agents send events: the handler knows the key before it reads, and counts for itself. proxy.ts leaves this path out. */
const EVENTS = /^\/api\/agent\/events\/?$/;

/** The rule for the body of a request. @param target path and query as the client wrote them. */
export function bodyRule(target: string): BodyRule {
  const [path = ''] = target.split(/[?#]/);
  if (EVENTS.test(path)) return { by: 'handler' };
  const rule = RULES.find(([beginning]) => path.startsWith(beginning))?.[1];
  // `OPTIONS *`, or an address in absolute form, which only proxies send: no route of ours.
  return rule ?? { by: 'server', bytes: KIB };
}
