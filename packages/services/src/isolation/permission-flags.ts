import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync, realpathSync } from 'node:fs';
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

/** What the child's own file imports, as it is installed, links included; the bundle has all of it in one folder. */
export function foldersOf(childEntry: string): readonly string[] {
  const own = dirname(dirname(childEntry));
  return [own, ...['@stormpulse/plugin-api', '@sinclair/typebox'].flatMap((name) => installed(name, own))];
}

function installed(name: string, from: string): readonly string[] {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(path)) return [path, realpathSync(path)];
  }
  return [];
}

/** The folder of the package that a file belongs to; its own folder when there is none. */
export function packageFolderOf(entry: string): string {
  const own = dirname(fileURLToPath(entry));
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return folder;
  return own;
}
