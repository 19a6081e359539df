import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plan, Program, SetupStep } from '@stormpulse/wizard';
import { mapTexts } from '../../config/edit-toml.ts';
import { gitSteps, missingFolders, unitSteps } from './base-plan.ts';
import type { BaseFacts } from './base-plan.ts';
import { UNIT_FILE } from './setup-paths.ts';
import type { SetupPaths } from './setup-paths.ts';
import type { SystemInstall, SystemPlaces } from './system-install.ts';

/** What comes from root's side arrives here, before it gets its names. */
const ARRIVALS = 'moving';
const ASIDE = /^before-\d{8}T\d{6}Z$/u;

export interface MigrateFacts extends Pick<BaseFacts, 'find' | 'isSafe'> {
  readonly system: SystemInstall;
  readonly paths: SetupPaths;
  readonly unit: NonNullable<BaseFacts['unit']>;
  /** Name in the folder of the data that holds this program, if it does. */
  readonly programIn: string | undefined;
  readonly asRoot: (name: string, argv: readonly string[]) => Program;
  readonly tar: string;
  readonly now: Date;
}

/** Where something of the system's agent is to be; what is not moved stays where it is. */
export function movedPath(path: string, from: SystemPlaces, to: SetupPaths): string {
  const moves = [
    [from.packages, join(to.data, 'plugins')],
    [from.data, to.data],
    [from.configFolder, dirname(to.config)],
  ] as const;
  const [old, fresh] = moves.find(([folder]) => path === folder || path.startsWith(`${folder}/`)) ?? ['', ''];
  return fresh + path.slice(old.length);
}

/** What is in the user's two folders and would be in the way. */
export function inTheWay({ paths, programIn, system }: Pick<MigrateFacts, 'paths' | 'programIn' | 'system'>) {
  const data = join(paths.data, basename(system.database));
  return {
    config: entries(dirname(paths.config), ['setup']),
    // What only tells of a run is written anew by the next, and fits no other database.
    data: entries(paths.data, [...(programIn === undefined ? [] : [programIn]), ...ofOneRun(data)]),
  };
}

function entries(
  folder: string,
  except: readonly string[],
): { readonly found: readonly string[]; readonly except: readonly string[] } {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const kept = [...except, ARRIVALS, ...names.filter((name) => ASIDE.test(name))];
  return { found: names.filter((name) => !kept.includes(name)), except: kept };
}

function ofOneRun(database: string): readonly string[] {
  return ['status.json', 'plugin-loop', 'plugin-copies', `${basename(database)}.mark`];
}

/**
 * The system's agent stops, what it had becomes the user's, the user's starts; taken back, the system's runs again. Root only stops, starts
 * and reads: what it reads a program of the user writes. The database comes without its mark, and the mark that stays behind goes, so
 * whichever agent starts next on its copy refuses what is dated before its start (SEC-063). The hatch arrives closed (SEC-151).
 */
export function migratePlan(facts: MigrateFacts): Plan {
  const { system, paths, unit, asRoot, now } = facts;
  const { config, data } = paths;
  const moved = (path: string): string => movedPath(path, system, paths);
  const steps: readonly SetupStep[] = [
    ...stopSteps(facts),
    ran(asRoot('rm', ['-f', `${system.database}.mark`])),
    ...missingFolders(dirname(data), 0o700),
    { kind: 'make-folder', path: data, mode: 0o700, contents: 'ours' },
    ...asideSteps(facts, `before-${now.toISOString().replaceAll(/[-:]|\.\d+/gu, '')}`),
    ...arrivalSteps(facts, system.configFolder, dirname(config), ['setup', basename(system.config)]),
    ...arrivalSteps(facts, system.data, data, ['signoff.*', 'plugins', ...ofOneRun(system.database)]),
    {
      kind: 'write-file',
      path: absolute(config),
      content: mapTexts(system.text, moved),
      shipped: system.text,
      mode: 0o600,
    },
    ...system.certificates.map((path) => ({ kind: 'set-access', path: moved(path), mode: 0o644 }) as const),
    { kind: 'write-file', path: absolute(join(data, 'signoff.sealed')), content: '', mode: 0o640 },
    ...(system.project === undefined ? [] : gitSteps(system.project, facts)),
    ...unitSteps({ paths, unit }),
    { kind: 'verify', probe: 'config check' },
    { kind: 'enable-unit', unit: UNIT_FILE },
  ];
  return { plugin: 'stormpulse', title: 'the move to an agent of your own', steps };
}

/** Folders that are empty when all is done. */
export function arrivals({ config, data }: SetupPaths): readonly string[] {
  return [dirname(config), data].map((folder) => join(folder, ARRIVALS));
}

function stopSteps({ system, asRoot }: MigrateFacts): SetupStep[] {
  const { active, enabled } = system.unit;
  const undone = (verb: string, back: string): SetupStep => ({
    ...ran(asRoot('systemctl', [verb, UNIT_FILE])),
    undo: asRoot('systemctl', [back, UNIT_FILE]).argv,
  });
  return [...(active ? [undone('stop', 'start')] : []), ...(enabled ? [undone('disable', 'enable')] : [])];
}

function asideSteps(facts: MigrateFacts, name: string): SetupStep[] {
  const { config, data } = inTheWay(facts);
  return [
    { folder: dirname(facts.paths.config), ...config },
    { folder: facts.paths.data, ...data },
  ].flatMap(({ folder, found, except }): SetupStep[] => {
    const aside = join(folder, name);
    if (found.length === 0) return [];
    return [
      { kind: 'make-folder', path: aside, mode: 0o700 },
      { kind: 'move-entries', from: folder, to: aside, except: [...except, name] },
    ];
  });
}

function arrivalSteps(facts: MigrateFacts, from: string, to: string, without: readonly string[]): SetupStep[] {
  const { system, find } = facts;
  const arrival = join(to, ARRIVALS);
  const sync = find('sync');
  const plugins = join(arrival, 'plugins');
  return [
    { kind: 'make-folder', path: arrival, mode: 0o700, contents: 'ours' },
    copied(facts, from, arrival, without),
    ...(from === system.data && system.hasPackages
      ? [{ kind: 'make-folder', path: plugins, mode: 0o700, contents: 'ours' } as const, copied(facts, system.packages, plugins)]
      : []),
    // On disk before it counts: what a program wrote for us nobody has told to be.
    ...(sync === undefined ? [] : [ran({ file: sync, argv: ['--file-system', arrival] })]),
    { kind: 'move-entries', from: arrival, to },
  ];
}

function copied({ asRoot, tar }: MigrateFacts, from: string, to: string, without: readonly string[] = []): SetupStep {
  const excluded = without.map((name) => `--exclude=./${name}`);
  return { ...ran(asRoot('tar', [...READ, ...excluded, '-C', from, '.'])), into: { file: tar, argv: [...WRITE, '-C', to] } };
}

/** Nothing of it is for others any more, from its first byte on. */
const READ = ['--create', '--file=-', '--mode=go=', '--anchored'];
const WRITE = ['--extract', '--file=-', '--no-same-owner', '--no-same-permissions'];

function ran({ file, argv }: Program): Extract<SetupStep, { kind: 'run' }> {
  return { kind: 'run', file: absolute(file), argv };
}

function absolute(path: string): `/${string}` {
  return path as `/${string}`;
}
