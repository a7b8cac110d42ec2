const KIB = 1024;

/** Maximum size of a server action's body; next.config.ts sets the same limit for Next. */
export const FORM_BYTES = 64 * KIB;

/** Who reads a body, and how many bytes it may have. */
export type BodyRule = { by: 'server'; bytes: number } | { by: 'handler' };

/** Body limits by path prefix; the first match applies. Routes without a body have a small limit, so that a wrong method still gets a 405. */
const RULES: readonly [beginning: string, rule: BodyRule][] = [
  ['/api/auth/', { by: 'server', bytes: 16 * KIB }],
  ['/api/', { by: 'server', bytes: KIB }],
  ['/_next/', { by: 'server', bytes: KIB }],
  ['/login', { by: 'server', bytes: 16 * KIB }],
  ['/reset/', { by: 'server', bytes: 16 * KIB }],
  ['/', { by: 'server', bytes: FORM_BYTES }],
];

/** The ingest route: its handler authenticates before it reads the body, with its own limit. proxy.ts skips this path. */
const EVENTS = /^\/api\/agent\/events\/?$/;

/** The body limit of a request. @param target path and query as sent. */
export function bodyRule(target: string): BodyRule {
  const [path = ''] = target.split(/[?#]/);
  if (EVENTS.test(path)) return { by: 'handler' };
  const rule = RULES.find(([beginning]) => path.startsWith(beginning))?.[1];
  // `OPTIONS *` or an absolute-form target: none of our routes.
  return rule ?? { by: 'server', bytes: KIB };
}
