import { appendFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { keyId } from '../../ed25519.ts';
import { describeFinding } from '../proof/finding.ts';
import { OWNER_ONLY, type Manifest } from './manifest.ts';
import type { SigningKey } from '../proof/signing.ts';
import { verifyContent } from './verify-export.ts';

/**
 * Gives a finished file and its manifest their names, once the file has been read back from the disk and found to be what the manifest says. The
 * manifest comes first: a file that has its name has one.
 * @param trailer the manifest as the file's last line, in place of a file beside it.
 * @throws when it does not verify; it then keeps the name `FILE.partial` until somebody has looked at it.
 */
export async function giveFinalName(
  partial: string,
  file: string,
  manifest: Manifest,
  key: SigningKey,
  trailer?: string,
): Promise<void> {
  await flush(partial);
  const check = await verifyContent(partial, manifest, new Map([[keyId(key.publicKey), key.publicKey]]));
  if (check.finding !== undefined)
    throw new Error(`${partial} does not verify and has not become ${file}: ${describeFinding(check.finding)}`);
  const beside = `${file}.manifest.json`;
  if (trailer !== undefined) {
    await appendFile(partial, trailer);
    await flush(partial);
    // One of an earlier export must not speak for this file.
    await rm(beside, { force: true });
    await rename(partial, file);
    return flush(dirname(file));
  }
  await writeFile(`${beside}.partial`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: OWNER_ONLY });
  await flush(`${beside}.partial`);
  await rename(`${beside}.partial`, beside);
  await rename(partial, file);
  await flush(dirname(file));
}

/** Waits until the disk has it: a name that survives a power cut must not lead to an empty file. */
async function flush(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
