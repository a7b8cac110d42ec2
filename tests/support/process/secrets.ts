import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ROLES } from '#lib/access/permissions.ts';
import { passwordVariable } from '#prisma/demo-accounts.ts';

const text = z.string().min(1);
const schema = z.object({
  superuser: text,
  owner: text,
  app: text,
  nextAuth: text,
  /** Signing key of the audit log. Older installations use the key derived from `nextAuth`. */
  auditSigning: text.optional(),
  /** Server actions encryption key; pages opened before a rebuild can still submit forms. */
  serverActions: text.optional(),
  /** Passwords of the demo accounts. */
  accounts: z.record(z.enum(ROLES), text),
});

/** Generated secrets of a local installation, stored for the next start. */
export type Secrets = z.output<typeof schema>;

const secret = (bytes = 18) => randomBytes(bytes).toString('base64url');

/** Generates random secrets for a new installation. */
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
    serverActions: randomBytes(32).toString('base64'),
    accounts: { admin: secret(), auditor: secret(), user: secret() },
  };
}

/**
 * Reads the secrets of a data folder, or creates them at the first start, with mode 0600. @throws an error naming the file when it is
 * unreadable or invalid.
 */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return writeSecrets(file);
    const trouble = code ? `cannot be read (${code})` : 'is damaged';
    throw new Error(`${file} ${trouble}: put it back, or begin anew with --reset, which deletes the database too`, {
      cause: error,
    });
  }
}

/** Writes atomically through a temporary file. */
async function writeSecrets(file: string): Promise<Secrets> {
  const made = makeSecrets();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return made;
}

/** The environment of prisma/seed.ts. */
export function seedEnv(accounts: Secrets['accounts']): Record<string, string> {
  return Object.fromEntries(ROLES.map((role) => [passwordVariable(role), accounts[role]]));
}
