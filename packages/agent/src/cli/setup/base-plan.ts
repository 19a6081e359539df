import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Owner, Plan, SetupStep } from '@stormpulse/wizard';
import { Refused } from '../../errors.ts';
import type { Project } from './project.ts';
import type { SetupPaths } from './setup-paths.ts';

export interface BaseFacts {
  readonly paths: SetupPaths;
  readonly credentials: string;
  /** The host's file, whole. */
  readonly config: string;
  /** Undefined: this host has no systemd. */
  readonly unit: { readonly text: string; readonly shipped: string } | undefined;
  readonly project: Project | undefined;
  readonly hasAccount: boolean;
  /** Where a program of the system lies. */
  readonly find: (name: string) => string | undefined;
  /** git has the project among its safe folders already. */
  readonly isSafe: boolean;
}

const SECRET = ['agent-key.pem', 'hmac.key', 'pulse-token'];
const OPEN = ['agent.pem', 'ca.pem'];
/** Exit codes of userdel and git config. */
const NO_SUCH_USER = 6;
const NO_SUCH_KEY = 5;

/** Account, folders, access, file, unit: everything but the start. Throws `E_AGENT_REFUSED` when a program it needs is missing. */
export function basePlan(facts: BaseFacts): Plan {
  const { paths, project } = facts;
  return {
    plugin: 'stormpulse',
    title: `the agent (${paths.mode} mode)`,
    steps: [
      ...accountSteps(facts),
      ...stateSteps(paths),
      ...credentialSteps(facts),
      ...(project === undefined ? [] : [...project.steps, ...gitSteps(project.facts.project_dir, facts)]),
      ...missingFolders(dirname(paths.config), 0o700),
      {
        kind: 'write-file',
        path: absolute(paths.config),
        content: facts.config,
        mode: paths.account === undefined ? 0o600 : 0o640,
        ...ofGroup(paths),
      },
      ...unitSteps(facts),
    ],
  };
}

/** Last of all: it runs, and will after the next boot. */
export function startPlan(unit: string, restart: boolean): Plan {
  return { plugin: 'stormpulse', title: 'start', steps: [{ kind: 'enable-unit', unit, restart }] };
}

function accountSteps({ paths, hasAccount, find }: BaseFacts): SetupStep[] {
  const { account } = paths;
  if (account === undefined || hasAccount) return [];
  const add = find('useradd');
  const remove = find('userdel');
  const argv = ['--system', '--user-group', '--home-dir', account.home, '--shell', '/usr/sbin/nologin', account.user];
  if (add === undefined || remove === undefined)
    throw Refused({
      what: `this host has no useradd; make the account "${account.user}" with a group of that name, without a login, and run stormpulse init again`,
    });
  return [{ kind: 'run', file: absolute(add), argv, undo: [account.user], undoFile: remove, undoTolerates: [NO_SUCH_USER] }];
}

/** A fresh host's hatch is closed for a v1 agent too: for that one a missing `signoff.sealed` is an open hatch. */
function stateSteps({ data, database, account }: SetupPaths): SetupStep[] {
  const owner = account === undefined ? {} : { owner: account };
  const sealed = join(data, 'signoff.sealed');
  return [
    ...missingFolders(dirname(data), account === undefined ? 0o700 : 0o755),
    { kind: 'make-folder', path: data, mode: 0o700, contents: 'ours', ...owner },
    ...(existsSync(database) || existsSync(sealed)
      ? []
      : [{ kind: 'write-file', path: absolute(sealed), content: '', mode: 0o640, ...owner } as const]),
  ];
}

/** Whoever enrolled before the account was there made files for nobody; the agent must read them, and nobody else the keys. */
function credentialSteps({ paths, credentials }: BaseFacts): SetupStep[] {
  const isSystem = paths.account !== undefined;
  const access = (path: string, mode: number): SetupStep[] =>
    existsSync(path) ? [{ kind: 'set-access', path, mode, ...ofGroup(paths) }] : [];
  return [
    ...access(credentials, isSystem ? 0o750 : 0o700),
    ...SECRET.flatMap((name) => access(join(credentials, name), isSystem ? 0o640 : 0o600)),
    ...OPEN.flatMap((name) => access(join(credentials, name), 0o644)),
  ];
}

/** So that git works in a deployment that is somebody else's. */
export function gitSteps(folder: string, { paths, find, isSafe }: Pick<BaseFacts, 'paths' | 'find' | 'isSafe'>): SetupStep[] {
  const git = find('git');
  if (git === undefined || isSafe) return [];
  const scope = paths.mode === 'system' ? '--system' : '--global';
  return [
    {
      kind: 'run',
      file: absolute(git),
      argv: ['config', scope, '--add', 'safe.directory', folder],
      undo: ['config', scope, '--fixed-value', '--unset-all', 'safe.directory', folder],
      undoTolerates: [NO_SUCH_KEY],
    },
  ];
}

export function unitSteps({ paths, unit }: Pick<BaseFacts, 'paths' | 'unit'>): SetupStep[] {
  if (unit === undefined) return [];
  return [
    ...missingFolders(dirname(paths.unit), 0o755),
    { kind: 'write-file', path: absolute(paths.unit), content: unit.text, shipped: unit.shipped, mode: 0o644 },
  ];
}

/** With those above it. */
export function missingFolders(path: string, mode: number): SetupStep[] {
  if (existsSync(path) || path === '/') return [];
  return [...missingFolders(dirname(path), mode), { kind: 'make-folder', path, mode }];
}

/** Root's, for the agent's group to read. */
function ofGroup({ account }: SetupPaths): { readonly owner?: Owner } {
  return account === undefined ? {} : { owner: { user: 'root', group: account.group } };
}

function absolute(path: string): `/${string}` {
  return path as `/${string}`;
}
