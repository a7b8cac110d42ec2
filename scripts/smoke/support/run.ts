import type { Role } from '#lib/access/permissions.ts';
import { CheckFailure, type HttpVisitor } from './http-visitor.ts';

/** One run of the smoke against one origin. */
export interface Account {
  email: string;
  password: string;
}

export interface Smoke {
  origin: string;
  /** The expected commit; undefined accepts any. */
  commit: string | undefined;
  accounts: Record<Role, Account> | undefined;
  agentKey: string | undefined;
  /** A signed-in visitor per role, created by the check `sign-in`. */
  visitors: Map<Role, HttpVisitor>;
}

/** @throws Broken when a check fails. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new CheckFailure(otherwise);
}

/** The visitor of a role. */
export function visitorOf(smoke: Smoke, role: Role): HttpVisitor {
  const visitor = smoke.visitors.get(role);
  expect(visitor !== undefined, `nobody is signed in as ${role}`);
  return visitor;
}
