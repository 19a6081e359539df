import { statSync } from 'node:fs';
import { parse } from 'smol-toml';
import { NotEditable } from '../../config/edit-toml.ts';
import { checkConfig } from '../../config/check.ts';
import { loadConfig } from '../../config/load.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { checkOtherTables } from '../../config/other-tables.ts';
import type { PluginPackage } from '../../config/plugin-tables.ts';
import { Refused } from '../../errors.ts';
import { replaceFile } from '../../host/replace-file.ts';
import { readRunning, statusPath } from '../../host/status-file.ts';
import type { StatusFile } from '../../host/status-file.ts';
import { isSystemMode } from '../../host/system-mode.ts';
import { leaveChange } from '../../plugins/grant-changes.ts';
import type { GrantChange } from '../../plugins/grant-changes.ts';
import { changesFolder, packagesFolder } from '../../plugins/plugin-folders.ts';
import type { PluginRunner, RunAs } from '../../plugins/runner.ts';
import { agentUser } from '../config-check-user.ts';
import type { AgentUser } from '../config-check-user.ts';

/** What the commands touch besides the host's files. */
export interface PluginsDeps {
  /** Runs plugins with the rights of the agent's user. */
  readonly runnerAs: (user: RunAs) => PluginRunner;
  /** Yes or no to a question; a person answers it. */
  readonly ask: (question: string) => Promise<boolean>;
  readonly print: (line: string) => void;
  /** Where packages are, when not in their usual place. */
  readonly packages?: string;
  readonly npm: (args: readonly string[], cwd: string) => Promise<string>;
}

/** A host whose plugins are looked at or changed. */
export interface PluginsHost {
  readonly loaded: LoadedConfig;
  readonly isSystem: boolean;
  readonly packages: string;
  readonly user: AgentUser;
  readonly running: StatusFile | undefined;
}

/** Throws `E_CONFIG_REFUSED`, `E_CONFIG_UNREADABLE`. */
export function openPluginsHost(configPath: string, deps: Pick<PluginsDeps, 'packages'>): PluginsHost {
  const loaded = loadConfig(configPath);
  const { databasePath } = loaded.config;
  const user = agentUser(databasePath);
  const isSystem = isSystemMode(configPath, user.uid);
  return {
    loaded,
    isSystem,
    packages: deps.packages ?? packagesFolder(databasePath, isSystem),
    user,
    running: user.look(() => readRunning(statusPath(databasePath))),
  };
}

/** {@link openPluginsHost} for whoever may change it: the owner of the file. Throws `E_AGENT_REFUSED` besides. */
export function openToChange(configPath: string, deps: Pick<PluginsDeps, 'packages'>): PluginsHost {
  const host = openPluginsHost(configPath, deps);
  const { uid } = statSync(configPath);
  const own = process.geteuid?.() ?? -1;
  if (uid !== own)
    throw Refused({
      what: `${configPath} belongs to user ${uid}, this is user ${own}; who owns the file decides about plugins: run this as that user${uid === 0 ? ', with sudo' : ''}`,
    });
  return host;
}

/** The `[plugins.<name>]` of the file. Throws `E_AGENT_REFUSED`. */
export function packageOf({ loaded }: PluginsHost, name: string): PluginPackage {
  const found = loaded.config.packages.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = loaded.config.packages.map((entry) => entry.name);
  throw Refused({
    what: `${loaded.config.path} has no [plugins.${name}]; ${names.length === 0 ? 'it names no plugin of others' : `it names ${names.join(', ')}`}`,
  });
}

/** Leaves the decision for the agent's record, before it is made. Throws what the file system says. */
export function announce({ loaded, user }: PluginsHost, change: Omit<GrantChange, 'by'>): void {
  const by = process.getuid?.() ?? -1;
  user.look(() => leaveChange(changesFolder(loaded.config.databasePath), { ...change, by }));
}

/** Replaces the host's file, its owner and mode kept, when the new text says what was meant and nothing wrong. Throws `E_AGENT_REFUSED`. */
export function replaceConfig({ loaded }: PluginsHost, edit: (text: string) => string, byHand: string): void {
  const { path, text } = loaded.host;
  const edited = editedText(path, text, edit, byHand);
  const stat = statSync(path);
  const group = process.geteuid?.() === 0 ? { group: stat.gid } : {};
  replaceFile(path, edited, { mode: stat.mode & 0o777, ...group });
}

/** The new text, and nothing is written. Throws `E_AGENT_REFUSED`. */
export function editedText(path: string, text: string, edit: (text: string) => string, byHand: string): string {
  let edited: string;
  try {
    edited = edit(text);
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error;
    throw Refused(
      { what: `${path} is written in a form that is not edited here (${error.message}); by hand: ${byHand}` },
      { cause: error },
    );
  }
  const file = parse(edited);
  const problems = [...checkConfig(file).problems, ...checkOtherTables(file).problems];
  if (problems.length > 0)
    throw Refused({
      what: `${path} would not be right any more (${problems[0]?.path.join('.')}); nothing was changed. By hand: ${byHand}`,
    });
  return edited;
}
