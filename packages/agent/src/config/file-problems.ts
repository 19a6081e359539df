import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { assertStateFolder, readGuarded } from '../host/guarded-file.ts';
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
  { section: 'project', key: 'project_dir', kind: 'folder', fix: PROJECT },
  { section: 'project', key: 'compose_file', kind: 'file', fix: PROJECT },
  { section: 'project', key: 'env_file', kind: 'file', fix: 'correct the path, or remove the key' },
];
const MAX_BYTES = 64 * 1024;

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
  if (!isThere(value, kind)) return [notThere(path, value, kind, fix)];
  if (secrecy === undefined) return [];
  return refusalOf(path, value, () => readGuarded(value, { secrecy, maxBytes: MAX_BYTES }), [
    'E_FILE_MODE',
    'E_CONFIG_UNREADABLE',
  ]);
}

function stateProblem(database: string): ConfigProblem[] {
  const path = ['storage', 'db_path'];
  const folder = dirname(database);
  if (!isThere(folder, 'folder')) return [notThere(path, folder, 'folder', `make the folder: mkdir -p -m 0700 ${folder}`)];
  return modeProblem(path, database, () => assertStateFolder(database));
}

function isThere(path: string, kind: Wanted['kind']): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return (kind === 'file' ? stat?.isFile() : stat?.isDirectory()) ?? false;
}

function notThere(path: readonly string[], value: string, kind: Wanted['kind'], fix: string): ConfigProblem {
  const found = existsSync(value) ? 'something else' : 'not there';
  return { path, problem: `names ${value}, which is ${found}`, expected: `a ${kind}`, fix };
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
    if (!isAgentError(error) || !codes.includes(error.code)) throw error;
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
