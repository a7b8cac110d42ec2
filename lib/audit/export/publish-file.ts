import { appendFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeFinding } from '../verification/finding.ts';
import { OWNER_ONLY, type Manifest } from './manifest.ts';
import { ownKey, type SigningKey } from '../proof/signing.ts';
import { verifyContent } from './verify-export.ts';

/**
 * Verifies a finished file against its manifest on disk and renames both to their final names. The manifest is renamed first, so that a
 * file with its final name always has one.
 * @param trailer the manifest as the file's last line instead of a separate file.
 * @throws when it does not verify; the file then keeps the name `FILE.partial`.
 */
export async function publishVerifiedFile(
  partial: string,
  file: string,
  manifest: Manifest,
  key: SigningKey,
  trailer?: string,
): Promise<void> {
  await flush(partial);
  const check = await verifyContent(partial, manifest, ownKey(key));
  if (check.finding !== undefined)
    throw new Error(`${partial} does not verify and has not become ${file}: ${describeFinding(check.finding)}`);
  const beside = `${file}.manifest.json`;
  if (trailer !== undefined) {
    await appendFile(partial, trailer);
    await flush(partial);
    // Remove the manifest of an earlier export.
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

/** Flushes to disk (fsync), so that a power failure cannot leave an empty file. */
async function flush(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
