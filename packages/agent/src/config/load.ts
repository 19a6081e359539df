import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { TomlError, parse } from 'smol-toml';
import { ConfigRefused, ConfigUnreadable } from '../errors.ts';
import { readGuarded } from '../host/guarded-file.ts';
import { agentConfig } from './agent-config.ts';
import type { AgentConfig } from './agent-config.ts';
import { checkConfig, unclaimedTable } from './check.ts';
import type { SectionValues } from './check.ts';
import type { Table } from './check-table.ts';
import { modeProblem } from './file-problems.ts';
import { locator } from './locate.ts';
import { checkOtherTables } from './other-tables.ts';
import type { AwaitedSection } from './other-tables.ts';
import type { PluginTables } from './plugin-tables.ts';
import { report } from './report.ts';

/** SEC-187. */
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;
const MAX_TABLES = 2_000;
const MAX_KEY_CHARS = 128;

/** A host's file, read and checked; nothing of it is refused yet. */
export interface HostFile {
  readonly path: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly file: Table;
  /** Refuse the file: of the core, of tables that are ours, and of the file itself. */
  readonly problems: readonly ConfigProblem[];
  /** Keys of v1's tables that nobody knows: a start warns of them, a check refuses them (D1). */
  readonly unknownKeys: readonly ConfigProblem[];
  /** Without effect, and it still runs. */
  readonly oddities: readonly ConfigProblem[];
  /** Disable a section or skip a log group. */
  readonly disabling: readonly ConfigProblem[];
  readonly unclaimed: readonly string[];
  readonly awaited: readonly AwaitedSection[];
  /** `[plugins.*]`. */
  readonly plugins: PluginTables;
  /** As it stands. */
  readonly text: string;
  readonly values: SectionValues;
  /** One line a problem, in the order of the file; also for what is found later. */
  readonly explain: (problems: readonly ConfigProblem[]) => string;
  readonly lineOf: (problem: ConfigProblem) => number;
}

export interface LoadedConfig {
  readonly config: AgentConfig;
  readonly host: HostFile;
  /** Lines about what is odd or disabled and still runs. */
  readonly warnings: string;
  readonly explain: HostFile['explain'];
}

/** {@link readHostFile}, refused with every problem. Throws `E_CONFIG_UNREADABLE`, `E_CONFIG_REFUSED`. */
export function loadConfig(path: string): LoadedConfig {
  const host = readHostFile(path);
  if (host.problems.length > 0) throw ConfigRefused({ path, report: host.explain(host.problems) });
  return asLoaded(host);
}

/** Names the values of a file without problems. */
export function asLoaded(host: HostFile): LoadedConfig {
  const { path, explain } = host;
  const strangers = host.unclaimed.map(unclaimedTable);
  const warnings = explain([...host.unknownKeys, ...host.oddities, ...host.disabling, ...strangers]);
  return { config: agentConfig(path, host), host, warnings, explain };
}

/** Reads and checks a host's file. Throws `E_CONFIG_UNREADABLE`, or `E_CONFIG_REFUSED` for what is no TOML or too much of it. */
export function readHostFile(path: string): HostFile {
  const { bytes, problems: ownProblems } = readOwn(path);
  const text = decode(path, bytes);
  const file = parseToml(path, text);
  let locate: ReturnType<typeof locator> | undefined;
  const lineOf = (problem: ConfigProblem): number => (locate ??= locator(text))(problem.path).line;
  const explain = (problems: readonly ConfigProblem[]): string => report(path, lineOf, problems);
  const sizes = sizeProblems(file);
  if (sizes.length > 0) throw ConfigRefused({ path, report: explain(sizes) });
  const core = checkConfig(file);
  const others = checkOtherTables(file);
  return {
    path,
    digest: hash('sha256', bytes, 'hex'),
    file,
    problems: [...ownProblems, ...core.problems, ...others.problems],
    unknownKeys: core.warnings,
    oddities: others.warnings,
    disabling: others.disabling,
    unclaimed: core.unclaimed,
    awaited: others.awaited,
    plugins: others.plugins,
    text,
    values: core.values,
    explain,
    lineOf,
  };
}

/** A file that others could have changed is read to tell what else is wrong with it, never to run (SEC-166). */
function readOwn(path: string): { readonly bytes: Buffer; readonly problems: readonly ConfigProblem[] } {
  let bytes: Buffer | undefined;
  const problems = modeProblem([], path, () => {
    bytes = readGuarded(path, { secrecy: 'public', maxBytes: MAX_CONFIG_BYTES });
  });
  return { bytes: bytes ?? readFileSync(path), problems };
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw ConfigUnreadable({ path, problem: 'is not UTF-8 text', fix: 'save it as UTF-8' }, { cause });
  }
}

function parseToml(path: string, text: string): Table {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const what = (cause.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /u, '');
    throw ConfigRefused(
      { path, report: `${path}:${cause.line}: is not TOML: ${what}; expected valid TOML 1.0 at column ${cause.column}` },
      { cause },
    );
  }
}

function sizeProblems(file: Table): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  let tables = 0;
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value !== 'object' || value === null || value instanceof Date || problems.length > 0) return;
    tables += 1;
    if (path.length > MAX_DEPTH)
      problems.push({ path: path.slice(0, MAX_DEPTH), problem: 'nests too deeply', expected: `at most ${MAX_DEPTH} levels` });
    if (tables > MAX_TABLES) problems.push({ path, problem: 'is one table too many', expected: `at most ${MAX_TABLES} tables` });
    for (const [key, child] of Object.entries(value)) {
      if (key.length > MAX_KEY_CHARS)
        problems.push({
          path: [...path, key],
          problem: 'is too long a key',
          expected: `at most ${MAX_KEY_CHARS} characters`,
        });
      if (key === '__proto__') problems.push({ path, problem: 'holds the key "__proto__"', expected: 'a name' });
      visit(child, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  visit(file, []);
  return problems;
}
