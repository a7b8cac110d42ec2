import { ROUTE_GUARDS } from '#lib/access/route-guards.ts';

/** A page accepts the forms and actions on it. */
const PAGE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];

interface Route {
  kind: 'page' | 'api';
  /** Supported methods, sorted. */
  methods: string[];
}

/** `[id]` matches one path segment, `[...rest]` one or more. */
function patternOf(route: string): RegExp {
  const parts = route.split('/').map((part) => {
    if (part.startsWith('[...')) return '.+';
    return part.startsWith('[') ? '[^/]+' : part.replaceAll('.', '\\.');
  });
  return new RegExp(`^${parts.join('/')}/?$`);
}

function readRoutes(): { pattern: RegExp; route: Route }[] {
  const apis = Map.groupBy(Object.keys(ROUTE_GUARDS.apis), (row) => row.split(' ')[1] ?? '');
  const methodsOf = (rows: string[]) => {
    const named = rows.map((row) => row.split(' ')[0] ?? '');
    return [...named, ...(named.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
  };
  return [
    ...Object.keys(ROUTE_GUARDS.pages).map((path) => ({
      pattern: patternOf(path),
      route: { kind: 'page' as const, methods: PAGE_METHODS },
    })),
    ...[...apis].map(([path, rows]) => ({
      pattern: patternOf(path),
      route: { kind: 'api' as const, methods: methodsOf(rows) },
    })),
  ];
}

const ROUTES = readRoutes();

/** The route of a path, or undefined. @param path as in the request, without the query. */
export const findRoute = (path: string): Route | undefined => ROUTES.find(({ pattern }) => pattern.test(path))?.route;
