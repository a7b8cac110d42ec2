import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROLES, type Role } from '../../lib/access/permissions.ts';

/** What an installation on this machine made up for itself: kept so that the next start finds its data again. */
export interface Secrets {
  superuser: string;
  owner: string;
  app: string;
  nextAuth: string;
  /** Signs the audit log. An installation from before there was one has none and goes on with the key derived from `nextAuth`. */
  auditSigning?: string;
  /** Passwords of the demo accounts. */
  accounts: Record<Role, string>;
}

const secret = (bytes = 18) => randomBytes(bytes).toString('base64url');

export function makeSecrets(): Secrets {
  const [superuser, owner, app, nextAuth] = [secret(), secret(), secret(), secret(36)];
  const auditSigning = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'der' })
    .toString('base64');
  return {
    superuser,
    owner,
    app,
    nextAuth,
    auditSigning,
    accounts: { admin: secret(), auditor: secret(), user: secret() },
  };
}

/** Reads the secrets of a data folder, making them at the first start. Only this user can read the file. */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Secrets;
  const made = makeSecrets();
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  return made;
}

/** The environment of prisma/seed.ts. */
export function seedEnv(accounts: Secrets['accounts']): Record<string, string> {
  return Object.fromEntries(ROLES.map((role) => [`SEED_${role.toUpperCase()}_PASSWORD`, accounts[role]]));
}

export const emailOf = (role: Role) => `${role}@example.org`;
