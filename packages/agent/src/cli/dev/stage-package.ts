import { cpSync, existsSync, lstatSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Refused } from '../../errors.ts';

interface PackageJson {
  readonly name: string;
  readonly files?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Reads a package's own description. Throws `E_AGENT_REFUSED` where there is none. */
export function readPackage(folder: string): PackageJson {
  const path = join(folder, 'package.json');
  if (!existsSync(path))
    throw Refused({ what: `${path} is not there; expected the folder of a plugin, such as npm create @stormpulse/plugin makes` });
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PackageJson;
  } catch (cause) {
    throw Refused({ what: `${path} is no JSON: ${String(cause)}` }, { cause });
  }
}

/**
 * Copies what a package would publish, and the packages it needs as its own folder has them, so that nothing is asked of a registry.
 * Throws `E_AGENT_REFUSED` for one that is not installed.
 */
export function stagePackage(folder: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  const placed = new Map<string, string>();
  place(folder, to);

  function place(from: string, at: string): void {
    const described = readPackage(from);
    copyPublished(from, described, at);
    for (const name of needed(described)) {
      const found = findInstalled(name, from);
      const known = placed.get(name);
      if (known === found) continue;
      // Another version than the one at the top is its dependent's own.
      const target = join(known === undefined ? to : at, 'node_modules', name);
      if (existsSync(target)) continue;
      if (known === undefined) placed.set(name, found);
      place(found, target);
    }
  }
}

function needed({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }: PackageJson): readonly string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...new Set([...Object.keys(dependencies), ...peers])];
}

/** As Node looks for it, from the folder itself upwards. */
function findInstalled(name: string, from: string): string {
  for (let at = realpathSync(from); ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
    if (at === dirname(at)) throw Refused({ what: `${from} needs ${name}, which is not installed; run npm install there` });
  }
}

/** What "files" lists when it lists names; all of it but what npm never takes when it lists patterns, or nothing. */
function copyPublished(from: string, { files }: PackageJson, to: string): void {
  const names = files?.filter((entry) => !entry.startsWith('!'));
  const listed = names === undefined || names.some((entry) => /[*?[{]/u.test(entry)) ? ['.'] : [...names, 'package.json'];
  for (const entry of listed) {
    const path = join(from, entry);
    if (!existsSync(path)) continue;
    cpSync(path, join(to, entry), {
      recursive: true,
      dereference: false,
      filter: (source) => isTaken(relative(from, source), source),
    });
  }
}

function isTaken(path: string, source: string): boolean {
  if (path.split('/').includes('node_modules') || /\.test\.[cm]?[jt]s(?:\.map)?$/u.test(path)) return false;
  return path === '' || (!basename(path).startsWith('.') && !lstatSync(source).isSymbolicLink());
}
