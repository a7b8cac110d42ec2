import { readFile } from 'node:fs/promises';
import type { APIRequestContext } from '@playwright/test';
import { can, ROLES, type Role } from '../../lib/access/permissions.ts';
import { SURFACE, type Guard } from '../../lib/access/surface.ts';
import { expect, test } from './support/test.ts';

/** The header that let requests skip the middleware of old versions of Next (CVE-2025-29927). */
const FORGED = { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' };
const NOBODY_ID = '00000000-0000-7000-8000-000000000000';
const ENDS_SESSIONS = ['signOutHere', 'signOutEverywhere'];
const WHO = [...ROLES, null] as const;

const address = (route: string) => route.replace('[...nextauth]', 'session').replace(/\[\w+\]/g, NOBODY_ID);
const allows = (guard: Guard, role: Role | null) =>
  guard === 'public' || (guard !== 'agent-key' && role !== null && can(role, guard));

for (const role of WHO) {
  test.describe(`as ${role ?? 'a visitor'}`, () => {
    for (const [route, guard] of Object.entries(SURFACE.pages)) {
      test(`page ${route} (${guard})`, async ({ requestAs, person }) => {
        const request = await requestAs(role);
        const path = route === '/admin/users/[id]' ? `/admin/users/${(await person('user')).id}` : address(route);
        for (const headers of [{}, FORGED]) {
          const response = await request.get(path, { headers, maxRedirects: 0 });
          if (allows(guard, role)) expect([200, 307, 404, route === '/403' ? 403 : 200]).toContain(response.status());
          else if (role === null) {
            expect(response.status()).toBe(307);
            expect(response.headers().location).toBe(`/login?callbackUrl=${encodeURIComponent(path)}`);
          } else {
            expect(response.status()).toBe(403);
            expect(await response.text()).toContain('You may not see this page');
          }
        }
      });
    }

    for (const [api, guard] of Object.entries(SURFACE.apis)) {
      test(`API ${api} (${guard})`, async ({ requestAs }) => {
        const request = await requestAs(role);
        const [method = '', route = ''] = api.split(' ');
        for (const headers of [{}, FORGED]) {
          const response = await request.fetch(address(route), { method, headers, maxRedirects: 0 });
          if (allows(guard, role)) {
            const gone = route.includes('[') ? [] : [404];
            expect([401, 403, ...gone]).not.toContain(response.status());
          } else {
            expect(response.status()).toBe(role === null || guard === 'agent-key' ? 401 : 403);
            expect(response.headers()['content-type']).toContain('application/problem+json');
          }
        }
      });
    }

    for (const [action, guard] of Object.entries(SURFACE.actions)) {
      test(`action ${action} (${guard})`, async ({ requestAs, person }) => {
        const request = await requestAs(role !== null && ENDS_SESSIONS.includes(action) ? await person(role) : role);
        const { id, path } = await builtAction(action);
        // An act that ends the session leaves nobody to try it a second time.
        for (const headers of ENDS_SESSIONS.includes(action) ? [FORGED] : [FORGED, {}]) {
          const response = await call(request, path, id, headers);
          const redirect = response.headers()['x-action-redirect'] ?? '';
          if (allows(guard, role)) {
            expect([200, 303]).toContain(response.status());
            expect(redirect).not.toMatch(/^\/login;/);
          } else if (role === null) {
            expect(redirect).toMatch(/^\/login;/);
          } else expect(response.status()).toBe(403);
        }
      });
    }
  });
}

interface Manifest {
  node: Record<string, { exportedName: string; workers: Record<string, unknown> }>;
}

/** The id under which the build offers an action, and a page that holds it. */
async function builtAction(name: string): Promise<{ id: string; path: string }> {
  const manifest = JSON.parse(await readFile('.next/server/server-reference-manifest.json', 'utf8')) as Manifest;
  const found = Object.entries(manifest.node).find(([, { exportedName }]) => exportedName === name);
  const [page = ''] = Object.keys(found?.[1].workers ?? {});
  const route =
    page
      .replace(/^app/, '')
      .replace(/\/\([^)]+\)/g, '')
      .replace(/\/page$/, '') || '/';
  expect(found, `${name} is in the build`).toBeDefined();
  return { id: found?.[0] ?? '', path: address(route) };
}

/** Calls an action as React does in the browser: its two arguments are the state so far and a form without fields. */
function call(request: APIRequestContext, path: string, id: string, headers: Record<string, string>) {
  return request.post(path, {
    headers: { ...headers, 'next-action': id, accept: 'text/x-component' },
    maxRedirects: 0,
    multipart: { 0: JSON.stringify([{ status: 'idle' }, '$K1']) },
  });
}
