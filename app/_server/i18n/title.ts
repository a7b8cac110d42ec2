import 'server-only';
import type { Metadata } from 'next';
import { can, type Permission } from '#lib/access/permissions.ts';
import { isolated } from '#lib/text.ts';
import { currentUser } from '../auth/session.ts';

/**
 * The title of a detail page: the name of its object, or a generic title without permission. The head is rendered separately and checks the
 * permission itself; only the page records a denial.
 * @param name looked up once for head and page together, so wrap it in React's `cache`.
 */
export async function titleOf(
  permission: Permission,
  kind: string,
  name: () => Promise<string | undefined>,
): Promise<Metadata> {
  const user = await currentUser();
  const allowed = user !== null && can(user.role, permission);
  const named = allowed ? await name() : undefined;
  return { title: named === undefined ? kind : isolated(named) };
}
