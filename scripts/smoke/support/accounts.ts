import type { Role } from '#lib/access/permissions.ts';
import type { Account } from './run.ts';

/** How the commands name the variables of the accounts, for their `--help`. */
export const ACCOUNTS_USAGE = `Environment:
  SMOKE_ADMIN_EMAIL, SMOKE_ADMIN_PASSWORD          an account of each role, made for the smoke: the first with npm run admin:create,
  SMOKE_AUDITOR_EMAIL, SMOKE_AUDITOR_PASSWORD      the others at /admin by an admin, each with a password that was chosen
  SMOKE_USER_EMAIL, SMOKE_USER_PASSWORD            through the link that appears there
  SMOKE_AGENT_KEY                                  a key of an agent; without it that check is skipped`;

/** The three accounts from the environment, or a sentence that names what is missing. */
export function readAccounts(): Record<Role, Account> | string {
  const missing: string[] = [];
  const read = (name: string) => process.env[name] ?? (missing.push(name), '');
  const account = (role: string): Account => ({
    email: read(`SMOKE_${role}_EMAIL`),
    password: read(`SMOKE_${role}_PASSWORD`),
  });
  const accounts = { admin: account('ADMIN'), auditor: account('AUDITOR'), user: account('USER') };
  return missing.length > 0 ? `set ${missing.join(', ')}, or give --public for what needs no account` : accounts;
}
