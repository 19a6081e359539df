import { lstatSync, readFileSync, readdirSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alone } from '@stormpulse/wizard';
import { parse } from 'smol-toml';
import { isTable } from '../../config/check-table.ts';
import { processMark } from '../../host/process-mark.ts';
import { packagesFolder } from '../../plugins/plugin-folders.ts';
import { isThere } from './is-there.ts';
import { recoverPending } from './recover-pending.ts';
import type { SetupDeps } from './setup-deps.ts';
import { setupFolder, userId } from './setup-host-of.ts';
import { UNIT_FILE } from './setup-paths.ts';

/** `StateDirectory` of the system unit. */
const STATE_DIRECTORY = '/var/lib/stormpulse';

interface Removal {
  readonly what: string;
  readonly remove: () => void | Promise<void>;
}

/** Takes the agent off this host. False: something could not be removed, and was said. Rejects with `GaveUp`, `E_WIZARD_*`. */
export async function uninstall(options: { readonly yes: boolean; readonly dryRun: boolean }, deps: SetupDeps): Promise<boolean> {
  const { print, asker } = deps;
  if (!options.dryRun) await recoverPending(deps);
  const found = await removals(deps);
  const isAnything = found.length > 1;
  const left = leftBehind(deps);
  print(isAnything ? 'this is removed:' : 'nothing of the agent is there');
  for (const { what } of isAnything ? found : []) print(`  ${what}`);
  print('this is left:');
  for (const line of left) print(`  ${line}`);
  if (options.dryRun || !isAnything) return true;
  if (!options.yes && !(await asker.yesNo({ message: 'Remove it?', initial: false }))) {
    print('Nothing was changed.');
    return true;
  }
  return await whileNobodySetsUp(deps, async () => await removeAll(found, print));
}

/** The lock lies beside the host's file: where that folder is not there, there is nobody to wait for. */
async function whileNobodySetsUp<T>({ paths }: SetupDeps, work: () => Promise<T>): Promise<T> {
  const { config } = paths;
  return isThere(dirname(config)) ? await alone({ folder: setupFolder(config), processMark }, work) : await work();
}

async function removeAll(found: readonly Removal[], print: SetupDeps['print']): Promise<boolean> {
  let isDone = true;
  for (const { what, remove } of found) {
    try {
      await remove();
      print(`removed: ${what}`);
    } catch (error) {
      isDone = false;
      print(
        `failed: ${what}: ${error instanceof Error ? error.message : String(error)}; run uninstall again when that is mended`,
      );
    }
  }
  return isDone;
}

/** In this order: what runs first, the account last. */
async function removals(deps: SetupDeps): Promise<readonly Removal[]> {
  const { paths, units, programs } = deps;
  const { mode, unit, data, credentials, account } = paths;
  const state = await units.state(UNIT_FILE);
  const project = projectIn(paths.config);
  const folders = [dirname(paths.config), credentials, data, packagesFolder(paths.database, mode === 'system')];
  const ofUnit = mode === 'system' ? [STATE_DIRECTORY] : [];
  const whole = [...new Set([...folders, ...ofUnit])].filter((path) => isThere(path) && !isWithinAnother(path, folders));
  return [
    ...(state.active || state.enabled
      ? [
          {
            what: `the service ${UNIT_FILE}, stopped and disabled`,
            remove: () => units.restore(UNIT_FILE, { enabled: false, active: false }),
          },
        ]
      : []),
    ...[unit, `${unit}.d`].filter(isThere).map((path) => ({ what: path, remove: () => rmSync(path, { recursive: true }) })),
    ...(units.isThere && isThere(unit) ? [{ what: 'what the service manager knows of it', remove: () => units.reload() }] : []),
    ...(await safeFolderRemoval(project, deps)),
    ...whole.map((path) => ({
      what: `${path}${keptWithin(path, deps) === undefined ? '' : ' (but for this program)'}`,
      remove: () => removeFolder(path, keptWithin(path, deps)),
    })),
    ...(account !== undefined && userId(account.user) !== undefined
      ? [{ what: `the account ${account.user}`, remove: () => removeAccount(account.user, programs) }]
      : []),
    {
      what: 'folders above these that are empty then',
      remove: () => [...whole, unit].forEach((path) => removeEmpty(dirname(path), paths)),
    },
  ];
}

function leftBehind({ paths, program }: SetupDeps): readonly string[] {
  const database = databaseIn(paths.config);
  const project = projectIn(paths.config);
  return [
    `this program, ${program.main}: whoever installed it removes it (npm uninstall --global @stormpulse/agent)`,
    ...(project === undefined ? [] : [`the deployment, ${project}`]),
    ...(database === undefined || dirname(database) === paths.data
      ? []
      : [`the state in ${dirname(database)}, which is not where init puts it`]),
    "what the agent logged, in the system's journal",
    'what the hub knows of this agent: revoke it there',
  ];
}

function isWithinAnother(path: string, folders: readonly string[]): boolean {
  return folders.some((other) => path !== other && path.startsWith(`${other}/`));
}

/** The name right below `folder` that holds this program, if it does. */
export function keptWithin(folder: string, { program }: Pick<SetupDeps, 'program'>): string | undefined {
  return program.main.startsWith(`${folder}/`) ? program.main.slice(folder.length + 1).split('/', 1)[0] : undefined;
}

/** A link is removed as one: what it leads to is somebody else's. */
function removeFolder(path: string, kept: string | undefined): void {
  if (lstatSync(path).isSymbolicLink()) unlinkSync(path);
  else if (kept === undefined) rmSync(path, { recursive: true });
  else for (const name of readdirSync(path)) if (name !== kept) rmSync(join(path, name), { recursive: true });
}

/** Up to folders that are there on any host: the home of a user, `/etc/systemd/system`, `/opt`. */
function removeEmpty(folder: string, paths: SetupDeps['paths']): void {
  const { account, mode, config } = paths;
  const own = mode === 'user' ? folder.startsWith(`${dirname(dirname(dirname(config)))}/`) : folder === account?.home;
  if (!own || !isThere(folder) || readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  removeEmpty(dirname(folder), paths);
}

async function removeAccount(user: string, { find, run }: SetupDeps['programs']): Promise<void> {
  const program = find('userdel');
  if (program === undefined) throw new Error('this host has no userdel');
  const { exitCode, stderr } = await run(program, [user]);
  if (exitCode !== 0) throw new Error(`userdel ended with ${exitCode}: ${stderr.trim()}`);
}

async function safeFolderRemoval(project: string | undefined, { programs, paths }: SetupDeps): Promise<readonly Removal[]> {
  const git = programs.find('git');
  if (project === undefined || git === undefined) return [];
  const scope = paths.mode === 'system' ? '--system' : '--global';
  const { stdout } = await programs.run(git, ['config', scope, '--get-all', 'safe.directory']);
  if (!stdout.split('\n').includes(project)) return [];
  const remove = async (): Promise<void> => {
    const { exitCode, stderr } = await programs.run(git, [
      'config',
      scope,
      '--fixed-value',
      '--unset-all',
      'safe.directory',
      project,
    ]);
    if (exitCode !== 0) throw new Error(stderr.trim());
  };
  return [{ what: `${project} from the safe folders of git (${scope})`, remove }];
}

function projectIn(config: string): string | undefined {
  return valueIn(config, 'project', 'project_dir');
}

function databaseIn(config: string): string | undefined {
  return valueIn(config, 'storage', 'db_path');
}

/** A file that cannot be read is removed all the same. */
function valueIn(config: string, table: string, key: string): string | undefined {
  try {
    const found = parse(readFileSync(config, 'utf8'))[table];
    const value = isTable(found) ? found[key] : undefined;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
