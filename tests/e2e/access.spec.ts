import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { APIRequestContext, APIResponse } from '@playwright/test';
import { can, ROLES, type Role } from '#lib/access/permissions.ts';
import { ROUTE_GUARDS, type Guard } from '#lib/access/route-guards.ts';
import { newAgent, registerAgent } from '#lib/agents/registry.ts';
import type { Db } from '#lib/db.ts';
import { ADMIN_CONTEXT, unwrap } from '../support/agents.ts';
import { expect, test } from './support/test.ts';

/** The header that let requests skip the middleware of old versions of Next (CVE-2025-29927). */
const FORGED = { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' };
const NOBODY_ID = '00000000-0000-7000-8000-000000000000';
const ENDS_SESSIONS = ['signOutHere', 'signOutEverywhere'];
const WHO = [...ROLES, null] as const;

/** What is answered to whoever may ask; 200 unless it stands here. */
const ANSWERS: Record<string, number> = {
  '/403': 403,
  // Nothing is sent along, so there is nothing to accept.
  'POST /api/auth/[...nextauth]': 400,
  // Asked for an event that does not exist.
  'GET /api/audit/[id]/proof': 404,
};
const answerOf = (row: string) => ANSWERS[row] ?? 200;

const address = (route: string) => route.replace('[...nextauth]', 'session').replace(/\[\w+\]/g, NOBODY_ID);
const toSignIn = (path: string) => `/login?callbackUrl=${encodeURIComponent(path)}`;
const allows = (guard: Guard, role: Role | null) =>
  guard === 'public' || (guard !== 'agent-key' && role !== null && can(role, guard));

for (const role of WHO) {
  test.describe(`as ${role ?? 'a visitor'}`, () => {
    for (const [route, guard] of Object.entries(ROUTE_GUARDS.pages)) {
      test(`page ${route} (${guard})`, async ({ requestAs, db }) => {
        const request = await requestAs(role);
        const path = await livingAddress(route, db);
        for (const headers of [{}, FORGED]) {
          const response = await request.get(path, { headers, maxRedirects: 0 });
          if (!allows(guard, role)) await expectPageDenied(response, { role, guard, path, db });
          else if (route === '/login' && role !== null) {
            expect([response.status(), response.headers().location]).toEqual([307, '/']);
          } else expect(response.status()).toBe(answerOf(route));
        }
      });
    }

    for (const [api, guard] of Object.entries(ROUTE_GUARDS.apis)) {
      test(`API ${api} (${guard})`, async ({ requestAs, db }) => {
        const request = await requestAs(role);
        const [method = '', route = ''] = api.split(' ');
        for (const headers of [{}, FORGED]) {
          const response = await request.fetch(address(route), { method, headers, maxRedirects: 0 });
          if (allows(guard, role)) expect(response.status()).toBe(answerOf(api));
          else {
            expect(response.status()).toBe(role === null || guard === 'agent-key' ? 401 : 403);
            expect(response.headers()['content-type']).toContain('application/problem+json');
            if (response.status() === 403) await expectRecorded(response, { role, guard, path: address(route), db });
          }
        }
      });
    }

    for (const [action, guard] of Object.entries(ROUTE_GUARDS.actions)) {
      test(`action ${action} (${guard})`, async ({ requestAs, person, db }) => {
        const request = await requestAs(role !== null && ENDS_SESSIONS.includes(action) ? await person(role) : role);
        const { id, path } = await builtAction(action);
        // An act that ends the session leaves nobody to try it a second time.
        for (const headers of ENDS_SESSIONS.includes(action) ? [FORGED] : [FORGED, {}]) {
          const response = await call(request, path, id, headers);
          const redirect = response.headers()['x-action-redirect'];
          if (allows(guard, role)) {
            expect(response.status()).toBe(200);
            expect(redirect ?? '').not.toMatch(/callbackUrl/);
          } else if (role === null) {
            expect(redirect).toBe(`${toSignIn(path)};push`);
          } else {
            expect(response.status()).toBe(403);
            // By the action, and by the page, which Next renders anew for the answer.
            await expectRecorded(response, { role, guard, path, db }, 2);
          }
        }
      });
    }
  });
}

interface Denial {
  role: Role | null;
  guard: Guard;
  path: string;
  db: Db;
}

async function expectPageDenied(response: APIResponse, denial: Denial): Promise<void> {
  if (denial.role === null) {
    expect([response.status(), response.headers().location]).toEqual([307, toSignIn(denial.path)]);
    return;
  }
  expect(response.status()).toBe(403);
  expect(await response.text()).toContain('You do not have access to this page');
  await expectRecorded(response, denial);
}

/** Each guard that this very request met has written down who asked for what. */
async function expectRecorded(response: APIResponse, { role, guard, path, db }: Denial, guards = 1): Promise<void> {
  const requestId = response.headers()['x-request-id'] ?? '';
  const denial = { action: 'access.denied', outcome: 'denied', actorRole: role, metadata: { permission: guard, path } };
  expect(await db.auditEvent.findMany({ where: { requestId } })).toMatchObject(
    Array<typeof denial>(guards).fill(denial),
  );
}

/** The address of a page about something that is there. */
async function livingAddress(route: string, db: Db): Promise<string> {
  const finders: Record<string, () => Promise<{ id: string }>> = {
    '/audit/[id]': () => db.auditEvent.findFirstOrThrow({ select: { id: true } }),
    '/admin/users/[id]': () => db.user.findFirstOrThrow({ select: { id: true } }),
    '/admin/agents/[id]': () => agentToShow(db),
  };
  const found = await finders[route]?.();
  return found ? route.replace('[id]', found.id) : address(route);
}

async function agentToShow(db: Db): Promise<{ id: string }> {
  const agent = newAgent.parse({ name: `shown-${randomUUID().slice(0, 8)}` });
  return unwrap(await registerAgent(db, ADMIN_CONTEXT, agent));
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
