import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Takes away what a crash left of replacing `path`: temporary files with the pattern of `replace-file.ts`, regular, and this
 * user's (SEC-182). Throws what the file system says.
 */
export function removeLeftovers(path: string): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}\.tmp$/u.test(name.slice(prefix.length))) continue;
    const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isFile() === true && stat.uid === process.geteuid?.()) rmSync(join(folder, name), { force: true });
  }
}
