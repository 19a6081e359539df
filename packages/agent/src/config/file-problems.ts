import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { assertGuarded, assertStateFolder } from '../host/guarded-file.ts';
import type { Secrecy } from '../host/guarded-file.ts';
import type { SectionValues } from './check.ts';

interface Wanted {
  readonly section: string;
  readonly key: string;
  readonly kind: 'file' | 'folder';
  readonly fix: string;
  /** Files that decide who is trusted; their owner and mode count too (SEC-166). */
  readonly secrecy?: Secrecy;
}

const ENROLL = 'run stormpulse enroll, or correct the path';
const PROJECT = 'correct the path, or remove [project]';
const WANTED: readonly Wanted[] = [
  { section: 'tls', key: 'ca_cert', kind: 'file', fix: ENROLL, secrecy: 'public' },
  { section: 'tls', key: 'client_cert', kind: 'file', fix: ENROLL, secrecy: 'public' },
  { section: 'tls', key: 'client_key', kind: 'file', fix: ENROLL, secrecy: 'secret' },
  { section: 'auth', key: 'hmac_secret', kind: 'file', fix: ENROLL, secrecy: 'secret' },
  { section: 'dashboard', key: 'proxy_authorization_file', kind: 'file', fix: 'correct the path', secrecy: 'secret' },
  { section: 'project', key: 'project_dir', kind: 'folder', fix: PROJECT },
  { section: 'project', key: 'compose_file', kind: 'file', fix: PROJECT },
  { section: 'project', key: 'env_file', kind: 'file', fix: 'correct the path, or remove the key' },
];
const MAX_BYTES = 64 * 1024;
const GUARD_CODES: readonly string[] = ['E_FILE_MODE', 'E_CONFIG_UNREADABLE'];

/**
 * What is wrong with the files the configuration names: all that are missing (wire page, 11.3) and all that others could
 * change or read (SEC-166), each at the key that names it. A key that is itself wrong is passed over.
 */
export function fileProblems(values: SectionValues): readonly ConfigProblem[] {
  const found = WANTED.flatMap((wanted) => {
    const path = values[wanted.section]?.[wanted.key];
    return typeof path === 'string' ? problemOf(wanted, path) : [];
  });
  const database = values['storage']?.['db_path'];
  if (typeof database === 'string') found.push(...stateProblem(database));
  return oncePerFix(found);
}

function problemOf({ section, key, kind, fix, secrecy }: Wanted, value: string): ConfigProblem[] {
  const path = [section, key];
  const missing = missingProblem(path, value, kind, fix);
  if (missing.length > 0 || secrecy === undefined) return missing;
  return refusalOf(path, value, () => assertGuarded(value, { secrecy, maxBytes: MAX_BYTES }), GUARD_CODES);
}

function stateProblem(database: string): ConfigProblem[] {
  const path = ['storage', 'db_path'];
  const folder = dirname(database);
  const missing = missingProblem(path, folder, 'folder', `make the folder: mkdir -p -m 0700 ${folder}`);
  return missing.length > 0 ? missing : refusalOf(path, database, () => assertStateFolder(database), GUARD_CODES);
}

function missingProblem(path: readonly string[], value: string, kind: Wanted['kind'], fix: string): ConfigProblem[] {
  const found = whatIsAt(value);
  return found === kind ? [] : [{ path, problem: `names ${value}, which is ${told(found)}`, expected: `a ${kind}`, fix }];
}

function told(found: string): string {
  return found === 'file' || found === 'folder' ? `a ${found}` : found;
}

function whatIsAt(path: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'not there';
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'something else';
  } catch (error) {
    return `out of reach (${systemCode(error)})`;
  }
}

/** Such as EACCES, ELOOP; anything that is no refusal of the system is thrown on. */
function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

/** An `E_FILE_MODE` of `work`, as a problem of the key that names the file; other refusals are thrown. */
export function modeProblem(path: readonly string[], value: string, work: () => unknown): ConfigProblem[] {
  return refusalOf(path, value, work, ['E_FILE_MODE']);
}

function refusalOf(path: readonly string[], value: string, work: () => unknown, codes: readonly string[]): ConfigProblem[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!isAgentError(error)) {
      const fix = 'check the path, and who may look into its folders';
      return [
        { path, problem: `names ${value}, which is out of reach (${systemCode(error)})`, expected: 'a path to follow', fix },
      ];
    }
    if (!codes.includes(error.code)) throw error;
    const { path: at, problem, fix } = error.details as Readonly<Record<'path' | 'problem' | 'fix', string>>;
    const where = at === value ? problem : `${at} ${problem}`;
    const told = path.length === 0 ? where : `names ${value}, ${at === value ? 'which' : 'but'} ${where}`;
    return [{ path, problem: told, expected: 'what only its owner can change, and a key that others cannot read', fix }];
  }
}

/** One folder that others can change is above many files. */
function oncePerFix(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const isGuard = ({ fix = '' }: ConfigProblem): boolean => fix.startsWith('run: ');
  return problems.filter((problem, at) => !isGuard(problem) || problems.findIndex(({ fix }) => fix === problem.fix) === at);
}
