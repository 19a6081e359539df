import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from './replace-file.ts';

/**
 * Closes the hatch for v1 too, durably: v1 reads a missing `signoff.sealed` as open, so a host that went back would find it
 * open (D1; wire page, 9.2). As v1 seals: the flag first, then the time of opening goes. Throws what the file system says.
 */
export function sealForV1(databasePath: string): void {
  const folder = dirname(databasePath);
  // Follows links as v1 does: one that leads nowhere is no seal, and is replaced.
  if (!existsSync(join(folder, 'signoff.sealed'))) replaceFile(join(folder, 'signoff.sealed'), '', { mode: 0o600 });
  rmSync(join(folder, 'signoff.unsealed_at'), { force: true });
}
