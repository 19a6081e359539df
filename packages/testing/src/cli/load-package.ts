import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@stormpulse/plugin-api';
import { definitionOf } from '@stormpulse/plugin-api/internal';
import { parse } from 'smol-toml';

/** A plugin's package, as its author or npm has it. */
export interface PluginPackage {
  readonly plugin: Plugin;
  readonly pkg: { readonly name: string; readonly version: string };
  readonly folder: URL;
  /** The file that exports the plugin. */
  readonly built: URL;
  /** Of `config.example.toml`; empty when there is none. */
  readonly config: object;
}

/** Loads the package in a folder, or in a tarball that npm packed. Throws with what is missing. */
export async function loadPackage(place: string): Promise<PluginPackage> {
  const path = resolve(place);
  if (!existsSync(path)) throw new Error(`there is nothing at ${path}; give the folder of a plugin, or the tarball of npm pack`);
  const folder = statSync(path).isDirectory() ? path : unpack(path);
  const pkg = JSON.parse(readText(folder, 'package.json')) as PackageJson;
  const entry = mainOf(pkg);
  if (entry === undefined || !existsSync(join(folder, entry)))
    throw new Error(`${pkg.name}: package.json exports no "." that is there (${entry ?? 'none'}); build it first`);
  const built = pathToFileURL(join(folder, entry));
  const loaded = (await import(built.href)) as { readonly default?: unknown };
  const plugin = loaded.default as Plugin;
  const definition = definitionOf(plugin);
  if (definition === undefined) throw new Error(`${pkg.name}: its default export is not the result of definePlugin()`);
  return { plugin, pkg, folder: pathToFileURL(`${folder}/`), built, config: exampleConfig(folder, definition.name) };
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly exports?: string | Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly main?: string;
}

function mainOf({ exports, main }: PackageJson): string | undefined {
  const own = typeof exports === 'object' ? exports['.'] : exports;
  if (typeof own === 'object') return own['default'] ?? own['import'];
  return own ?? main;
}

/** Below the caller's own node_modules, so that it finds the SDK that is installed there. */
function unpack(tarball: string): string {
  const below = resolve('node_modules/.stormpulse-plugin');
  mkdirSync(below, { recursive: true });
  const folder = mkdtempSync(join(below, 'packed-'));
  execFileSync('tar', ['-xzf', tarball, '-C', folder], { stdio: 'pipe' });
  return join(folder, 'package');
}

function exampleConfig(folder: string, name: string): object {
  if (!existsSync(join(folder, 'config.example.toml'))) return {};
  const { plugins } = parse(readText(folder, 'config.example.toml')) as { plugins?: Record<string, { config?: object }> };
  return plugins?.[name]?.config ?? {};
}

function readText(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    throw new Error(`${join(folder, name)} cannot be read`, { cause: error });
  }
}
