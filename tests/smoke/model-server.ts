import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { can, type Role } from '#lib/access/permissions.ts';
import { ROUTE_GUARDS, type RouteGuards } from '#lib/access/route-guards.ts';

/**
 * The smallest server that keeps every promise of the smoke, with switches that break one each: the smoke must find and name each
 * defect, and find none in the server without one.
 */
export const DEFECTS = [
  'redirect-loop',
  'insecure-cookie',
  'open-admin',
  'closed-audit',
  'duplicate-rows',
  'wrong-order',
  'cursor-survives-filters',
  'stale-commit',
  'unhealthy',
  'no-sign-in-event',
  'missing-csp',
  'same-nonce',
  'powered-by',
  'cookie-outlives-sign-out',
  'anyone-signs-in',
  'nobody-signs-in',
  'form-refused',
  'open-api',
  'other-origin',
  'dead-worker',
] as const;
export type Defect = (typeof DEFECTS)[number];

export const COMMIT = 'a'.repeat(40);
export const PASSWORD = 'a long enough password';
export const emailOf = (role: Role) => `${role}@example.org`;

interface Row {
  id: string;
  createdAt: string;
  action: string;
  outcome: string;
  actorLabel: string | null;
  targetId: string | null;
}

/** Text in attributes is escaped, as React does it. */
const FORM = `<form action=""><input type="hidden" name="$ACTION" value="{&quot;id&quot;:1}"/><input type="password" name="password"/></form>`;

export interface ModelServer extends AsyncDisposable {
  origin: string;
}

export async function modelServer(defect?: Defect): Promise<ModelServer> {
  const sessions = new Map<string, Role>();
  const rows: Row[] = [];
  let clock = Date.now();
  const record = (action: string, more: Partial<Row> = {}) =>
    void rows.unshift({
      id: randomUUID(),
      createdAt: new Date((clock += 1)).toISOString(),
      action,
      outcome: 'success',
      actorLabel: null,
      targetId: null,
      ...more,
    });
  for (let i = 0; i < 40; i++) record('auth.sign_out');

  const signIn = (email: unknown, password: unknown, response: ServerResponse): boolean => {
    const person = (['admin', 'auditor', 'user'] as const).find((each) => emailOf(each) === email);
    const known = person !== undefined && password === PASSWORD && defect !== 'nobody-signs-in';
    if (!known && defect !== 'anyone-signs-in') return false;
    const id = randomUUID();
    sessions.set(id, person ?? 'user');
    if (defect !== 'no-sign-in-event') record('auth.sign_in', { actorLabel: String(email) });
    const flags = defect === 'insecure-cookie' ? 'SameSite=Lax' : 'HttpOnly; SameSite=Lax';
    response.setHeader('set-cookie', `golive.session=${id}; Path=/; ${flags}`);
    return true;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://model');
    const sent = await body(request);
    const fields = new URLSearchParams(sent);
    const token = /session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const role = sessions.get(token);
    const json = (status: number, value: unknown, type = 'application/json') =>
      response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
    const leadTo = (location: string) => response.writeHead(307, { location }).end();
    guardHeaders(response, defect);

    switch (`${request.method} ${url.pathname}`) {
      case 'GET /api/health':
        return json(defect === 'unhealthy' ? 503 : 200, {
          status: defect === 'unhealthy' ? 'failed' : 'ok',
          commit: defect === 'stale-commit' ? 'b'.repeat(40) : COMMIT,
        });
      case 'GET /api/auth/csrf':
        return json(200, { csrfToken: 'token' });
      case 'POST /api/auth/callback/credentials':
        return signIn(fields.get('email'), fields.get('password'), response) ? json(200, { url: '/' }) : json(401, {});
      case 'POST /login': {
        const form = await new Response(sent, {
          headers: { 'content-type': request.headers['content-type'] ?? '' },
        }).formData();
        const isOurs =
          form.get('$ACTION') === '{"id":1}' && request.headers.origin === `http://${request.headers.host}`;
        if (!isOurs || defect === 'form-refused') return response.writeHead(403).end('sent from another address');
        return signIn(form.get('email'), form.get('password'), response)
          ? response.writeHead(303).end()
          : response.end('refused');
      }
      case 'POST /api/auth/signout':
        if (defect !== 'cookie-outlives-sign-out') sessions.delete(token);
        response.setHeader('set-cookie', 'golive.session=; Path=/; Max-Age=0');
        return json(200, {});
      case 'POST /api/agent/events': {
        const { id } = JSON.parse(fields.keys().next().value ?? '{}') as { id: string };
        if (defect !== 'dead-worker') record('agent.smoke', { targetId: id });
        return json(202, {});
      }
      case 'GET /api/audit':
        if (role === undefined && defect !== 'open-api') return json(401, {}, 'application/problem+json');
        if (role !== undefined && !allowed(role, 'audit:read')) return json(403, {}, 'application/problem+json');
        record('audit.read');
        return list(url.searchParams, json);
      case 'GET /login':
        return response.end(FORM);
      default: {
        const { apis, pages }: RouteGuards = ROUTE_GUARDS;
        const api = apis[`${request.method} ${url.pathname}`];
        if (api !== undefined) {
          const problem = 'application/problem+json';
          if (role === undefined) return json(401, {}, problem);
          return api === 'public' || allowed(role, api) ? json(200, {}) : json(403, {}, problem);
        }
        const guard = pages[url.pathname];
        if (guard === undefined) return json(404, {});
        if (role === undefined && defect === 'redirect-loop') return leadTo(url.pathname === '/' ? '/account' : '/');
        if (role === undefined && defect === 'other-origin') return leadTo('https://elsewhere.example.org/login');
        if (role === undefined) return leadTo(`/login?callbackUrl=${url.pathname}`);
        return response.writeHead(guard === 'public' || allowed(role, guard) ? 200 : 403).end('page');
      }
    }
  };

  function allowed(role: Role, guard: Parameters<typeof can>[1] | 'agent-key'): boolean {
    if (guard === 'agent-key') return false;
    if (defect === 'open-admin' && guard === 'users:manage') return true;
    if (defect === 'closed-audit' && guard === 'audit:read') return role === 'admin';
    return can(role, guard);
  }

  /** The cursor is the last id and the filter it was made for. */
  function list(query: URLSearchParams, json: (status: number, value: unknown) => unknown) {
    const [last, made] = (query.get('cursor') ?? '').split('|');
    const filter = query.get('action') ?? '';
    if (last && made !== filter && defect !== 'cursor-survives-filters') return json(400, {});
    const target = query.get('target');
    const wanted = rows.filter(
      ({ action, targetId }) => (!filter || action === filter) && (!target || targetId === target),
    );
    const start = last ? wanted.findIndex(({ id }) => id === last) + (defect === 'duplicate-rows' ? 0 : 1) : 0;
    const events = wanted.slice(start, start + Number(query.get('limit') ?? 25));
    const end = events.at(-1);
    if (defect === 'wrong-order') events.reverse();
    return json(200, { events, nextCursor: end ? `${end.id}|${filter}` : null });
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function guardHeaders(response: ServerResponse, defect: Defect | undefined): void {
  const nonce = defect === 'same-nonce' ? 'always' : randomUUID();
  const policy = `script-src 'self' 'nonce-${nonce}'; frame-ancestors 'none'`;
  if (defect !== 'missing-csp') response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'same-origin');
  response.setHeader('permissions-policy', 'camera=()');
  if (defect === 'powered-by') response.setHeader('x-powered-by', 'a framework');
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
