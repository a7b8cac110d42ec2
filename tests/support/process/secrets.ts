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
  /** Signs the audit log. An installation from before there was one has none and goes on with the key derived from `nextAuth`. */
  auditSigning: text.optional(),
  /** Names the forms: a page that stayed open while the app was built anew can still send its own. */
  serverActions: text.optional(),
  /** Passwords of the demo accounts. */
  accounts: z.record(z.enum(ROLES), text),
});

/** What an installation on this machine made up for itself: kept so that the next start finds its data again. */
export type Secrets = z.output<typeof schema>;

const secret = (bytes = 18) => randomBytes(bytes).toString('base64url');

/** Secrets for a new installation, each made of random bytes of its own. */
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
 * Reads the secrets of a data folder, making them at the first start. Only this user can read the file.
 * @throws an error that names the file when it cannot be read or is damaged: other secrets would not open the database beside it.
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

/** Writes beside the file and moves it there, so that no crash leaves half of it. */
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
