import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'bundle', '.turbo']);

/** A copy of the sources in which something can be planted; its workspaces point into the copy. */
export interface Copy extends Disposable {
  readonly root: string;
  plant(path: string, text: string): void;
}

export function copyProject(): Copy {
  const root = mkdtempSync(join(tmpdir(), 'planted-'));
  for (const entry of readdirSync(PROJECT, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name) || (entry.name.startsWith('.') && entry.isDirectory())) continue;
    cpSync(join(PROJECT, entry.name), join(root, entry.name), {
      recursive: true,
      filter: (source) => !SKIPPED.has(source.split('/').at(-1) ?? ''),
    });
  }
  linkModules(root);
  return {
    root,
    plant(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

function linkModules(root: string): void {
  const modules = join(root, 'node_modules');
  mkdirSync(join(modules, '@stormpulse'), { recursive: true });
  for (const name of readdirSync(join(PROJECT, 'node_modules'))) {
    if (name !== '@stormpulse') symlinkSync(join(PROJECT, 'node_modules', name), join(modules, name));
  }
  const own = (folder: string, prefix: string): void => {
    for (const name of readdirSync(join(root, folder)))
      symlinkSync(join(root, folder, name), join(modules, '@stormpulse', prefix + name));
  };
  own('packages', '');
  own('plugins', 'plugin-');
}
