import type { Role } from '#lib/access/permissions.ts';
import { Broken, type Visitor } from './http-visitor.ts';

/** One run of the smoke against one origin. */
export interface Account {
  email: string;
  password: string;
}

export interface Smoke {
  origin: string;
  /** The commit that must answer; undefined to accept any. */
  commit: string | undefined;
  accounts: Record<Role, Account> | undefined;
  agentKey: string | undefined;
  /** One signed-in visitor for each role, made by the promise `sign-in`. */
  visitors: Map<Role, Visitor>;
}

/** @throws Broken with the sentence when a promise of the site does not hold. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Broken(otherwise);
}

/** The visitor of a role. */
export function visitorOf(smoke: Smoke, role: Role): Visitor {
  const visitor = smoke.visitors.get(role);
  expect(visitor !== undefined, `nobody is signed in as ${role}`);
  return visitor;
}
