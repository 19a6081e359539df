import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { existsSync } from 'node:fs';
import type { Capabilities } from '@stormpulse/plugin-api';

/**
 * Node's permission flags, a seat belt: they keep honest code from files, programs, addons and threads that it was not granted. They
 * stop no network and no signals, and Node documents that they do not stop malicious code.
 */
export function permissionFlags(version: string, readable: readonly string[], asked: Capabilities): readonly string[] {
  const flag = flagOf(version);
  if (flag === undefined) return [];
  const write = asked.write ?? [];
  return [
    ...flag,
    ...outermost([...readable, ...(asked.read ?? []), ...write]).map((path) => `--allow-fs-read=${path}`),
    ...outermost(write).map((path) => `--allow-fs-write=${path}`),
  ];
}

/** None with what Node reads as more than one path. Each once, and none that another holds: Node 20 aborts on such a pair. A folder allows all that is in it. */
function outermost(paths: readonly string[]): readonly string[] {
  const plain = paths.filter((path) => !/[,*]/u.test(path));
  const whole = [...new Set(plain.map((path) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)))];
  return whole.filter((path) => !whole.some((other) => other !== path && path.startsWith(`${other}/`)));
}

function flagOf(version: string): readonly string[] | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major >= 24 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)) return ['--permission'];
  // It says at each start that it is an experiment.
  return major >= 20 ? ['--experimental-permission', '--disable-warning=ExperimentalWarning'] : undefined;
}

/** What the child's own file imports, as it is installed; the bundle has all of it in one folder. */
export function foldersOf(childEntry: string): readonly string[] {
  const { resolve } = createRequire(childEntry);
  const imported = ['@stormpulse/plugin-api', '@sinclair/typebox'].flatMap((name) => {
    try {
      return [packageFolderOf(pathToFileURL(resolve(name)).href)];
    } catch {
      return [];
    }
  });
  return [dirname(dirname(childEntry)), ...imported];
}

/** The folder of the package that a file belongs to; its own folder when there is none. */
export function packageFolderOf(entry: string): string {
  const own = dirname(fileURLToPath(entry));
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return folder;
  return own;
}
