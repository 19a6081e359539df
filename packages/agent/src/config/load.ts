import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { TomlError, parse } from 'smol-toml';
import { ConfigRefused, ConfigUnreadable } from '../errors.ts';
import { readGuarded } from '../host/guarded-file.ts';
import { agentConfig } from './agent-config.ts';
import type { AgentConfig } from './agent-config.ts';
import { checkConfig } from './check.ts';
import { report } from './report.ts';

/** SEC-187. */
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;
const MAX_TABLES = 2_000;
const MAX_KEY_CHARS = 128;

export interface LoadedConfig {
  readonly config: AgentConfig;
  /** Lines about what is odd and still runs. */
  readonly warnings: string;
  /** Lines for problems that plugins find later in the same file. */
  readonly explain: (problems: readonly ConfigProblem[]) => string;
}

/** Reads and checks a host's file. Throws `E_CONFIG_UNREADABLE`, `E_FILE_MODE`, or `E_CONFIG_REFUSED` with every problem. */
export function loadConfig(path: string): LoadedConfig {
  const text = decode(path, readGuarded(path, { secrecy: 'public', maxBytes: MAX_CONFIG_BYTES }));
  const file = parseToml(path, text);
  const explain = (problems: readonly ConfigProblem[]): string => report(path, text, problems);
  const sizes = sizeProblems(file);
  if (sizes.length > 0) throw ConfigRefused({ path, report: explain(sizes) });
  const { problems, warnings, values } = checkConfig(file);
  if (problems.length > 0) throw ConfigRefused({ path, report: explain(problems) });
  return { config: agentConfig(path, values, file), warnings: explain(warnings), explain };
}

/** The files the configuration names, all missing ones at once (wire page, 11.3). */
export function missingFiles(config: AgentConfig): readonly ConfigProblem[] {
  const file = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  const folder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const { project } = config;
  const wanted: readonly [path: readonly string[], value: string | undefined, there: (path: string) => boolean, fix: string][] = [
    [['tls', 'ca_cert'], config.caPath, file, 'run stormpulse enroll, or correct the path'],
    [['tls', 'client_cert'], config.certificatePath, file, 'run stormpulse enroll, or correct the path'],
    [['tls', 'client_key'], config.keyPath, file, 'run stormpulse enroll, or correct the path'],
    [['auth', 'hmac_secret'], config.hmacPath, file, 'run stormpulse enroll, or correct the path'],
    [['project', 'project_dir'], project['project_dir'], folder, 'correct the path, or remove [project]'],
    [['project', 'compose_file'], project['compose_file'], file, 'correct the path, or remove [project]'],
    [['project', 'env_file'], project['env_file'], file, 'correct the path, or remove the key'],
    [
      ['storage', 'db_path'],
      dirname(config.databasePath),
      folder,
      `make the folder: mkdir -p -m 0700 ${dirname(config.databasePath)}`,
    ],
  ];
  return wanted.flatMap(([path, value, there, fix]) =>
    value === undefined || there(value)
      ? []
      : [
          {
            path,
            problem: `names ${value}, which is ${existsSync(value) ? 'something else' : 'not there'}`,
            expected: there === file ? 'a file' : 'a folder',
            fix,
          },
        ],
  );
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw ConfigUnreadable({ path, problem: 'is not UTF-8 text', fix: 'save it as UTF-8' }, { cause });
  }
}

function parseToml(path: string, text: string): Readonly<Record<string, unknown>> {
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

function sizeProblems(file: Readonly<Record<string, unknown>>): ConfigProblem[] {
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
