import { SURFACE } from '#lib/access/route-guards.ts';

/** A page takes the forms and actions that stand on it. */
const PAGE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];

interface Route {
  kind: 'page' | 'api';
  /** What it takes, in the order of the alphabet. */
  methods: string[];
}

/** `[id]` stands for one part of a path, `[...rest]` for one or more. */
function patternOf(route: string): RegExp {
  const parts = route.split('/').map((part) => {
    if (part.startsWith('[...')) return '.+';
    return part.startsWith('[') ? '[^/]+' : part.replaceAll('.', '\\.');
  });
  return new RegExp(`^${parts.join('/')}/?$`);
}

function readSurface(): { pattern: RegExp; route: Route }[] {
  const apis = Map.groupBy(Object.keys(SURFACE.apis), (row) => row.split(' ')[1] ?? '');
  const methodsOf = (rows: string[]) => {
    const named = rows.map((row) => row.split(' ')[0] ?? '');
    return [...named, ...(named.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
  };
  return [
    ...Object.keys(SURFACE.pages).map((path) => ({
      pattern: patternOf(path),
      route: { kind: 'page' as const, methods: PAGE_METHODS },
    })),
    ...[...apis].map(([path, rows]) => ({
      pattern: patternOf(path),
      route: { kind: 'api' as const, methods: methodsOf(rows) },
    })),
  ];
}

const ROUTES = readSurface();

/** The route that a path leads to, or undefined. @param path as it stands in the request, without its query. */
export const findRoute = (path: string): Route | undefined => ROUTES.find(({ pattern }) => pattern.test(path))?.route;
