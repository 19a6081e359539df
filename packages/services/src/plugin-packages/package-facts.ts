import { PluginPackage } from './errors.ts';

/** What a package says of itself, read as data (SEC-203). */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  /** The file that exports the plugin, relative to the tree. */
  readonly entry: string;
  /** What it needs besides itself, by name; the SDK is a peer. */
  readonly dependencies: readonly string[];
}

const MAX_BYTES = 256 * 1024;
const NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/u;
const VERSION = /^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/u;

/** Reads `package.json`; `paths` are all files of the tree. Throws `E_PLUGIN_PACKAGE` (SEC-202). */
export function packageFacts(text: Uint8Array | undefined, paths: ReadonlySet<string>): PackageFacts {
  if (text === undefined) throw PluginPackage({ problem: 'is not there', expected: 'a package as npm pack makes it' });
  if (text.length > MAX_BYTES) throw PluginPackage({ problem: `is ${text.length} bytes`, expected: `at most ${MAX_BYTES}` });
  const manifest = object(parse(text)) ?? {};
  const { name, version } = manifest;
  if (typeof name !== 'string' || name.length > 214 || !NAME.test(name))
    throw PluginPackage({ problem: `has the name ${told(name)}`, expected: 'a name that npm would take' });
  if (typeof version !== 'string' || !VERSION.test(version))
    throw PluginPackage({ problem: `has the version ${told(version)}`, expected: 'a version such as 1.2.3' });
  const entry = entryOf(manifest);
  if (entry === undefined || !paths.has(entry) || !/\.[cm]?js$/u.test(entry))
    throw PluginPackage({
      problem: `exports ${told(entry)}`,
      expected: 'in "exports" or "main" a .js, .mjs or .cjs file that is in the package',
    });
  const optional = object(manifest['peerDependenciesMeta']) ?? {};
  const peers = Object.keys(object(manifest['peerDependencies']) ?? {}).filter(
    (peer) => object(optional[peer])?.['optional'] !== true,
  );
  return { name, version, entry, dependencies: [...Object.keys(object(manifest['dependencies']) ?? {}), ...peers] };
}

/** The parts that Node reads, without asking Node: nothing of the package is resolved before it is checked. */
function entryOf(manifest: Readonly<Record<string, unknown>>): string | undefined {
  const exported = manifest['exports'];
  const root = object(exported)?.['.'] ?? exported;
  const main = manifest['main'];
  const target = conditional(root) ?? (exported === undefined ? (typeof main === 'string' ? main : 'index.js') : undefined);
  return target?.replace(/^\.\//u, '');
}

function conditional(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  const conditions = object(target) ?? {};
  for (const name of Object.keys(conditions)) {
    if (!['node', 'import', 'module-sync', 'default'].includes(name)) continue;
    const found = conditional(conditions[name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw PluginPackage({ problem: 'is no JSON text', expected: 'a JSON object' }, { cause });
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

function told(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}

/** Below 0 when `a` is older than `b`, above 0 when it is newer, by the rules of semantic versions. */
export function compareVersions(a: string, b: string): number {
  const [coreA, preA] = split(a);
  const [coreB, preB] = split(b);
  const core = compareParts(coreA.split('.'), coreB.split('.'));
  if (core !== 0 || preA === preB) return core;
  if (preA === undefined || preB === undefined) return preA === undefined ? 1 : -1;
  return compareParts(preA.split('.'), preB.split('.'));
}

function split(version: string): [string, string | undefined] {
  const bare = version.split('+')[0] ?? '';
  const at = bare.indexOf('-');
  return at < 0 ? [bare, undefined] : [bare.slice(0, at), bare.slice(at + 1)];
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [at, left] of a.entries()) {
    const right = b[at];
    if (right === undefined) return 1;
    if (left === right) continue;
    const [x, y] = [/^\d+$/u.test(left), /^\d+$/u.test(right)];
    if (x && y) return Number(left) - Number(right);
    return x === y ? (left < right ? -1 : 1) : x ? -1 : 1;
  }
  return a.length - b.length;
}
