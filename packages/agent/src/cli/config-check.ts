import { isAgentError } from '@stormpulse/plugin-api';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { fileProblems } from '../config/file-problems.ts';
import { inspectHost } from '../config/inspect.ts';
import { asLoaded, readHostFile } from '../config/load.ts';
import type { HostFile } from '../config/load.ts';
import type { AwaitedSection } from '../config/other-tables.ts';
import type { Rehearsal } from '../config/rehearse.ts';
import { readIdentityFiles } from '../host/identity-files.ts';
import { keptCommands, packageProblems } from '../plugins/package-problems.ts';
import type { PackageProblem } from '../plugins/package-problems.ts';
import { agentUser } from './config-check-user.ts';
import type { AgentUser } from './config-check-user.ts';

/** One finding, at its place in the file. */
export interface Finding {
  readonly line?: number;
  readonly key?: string;
  readonly problem: string;
  readonly expected?: string;
  readonly fix?: string;
  /** The whole of it in one line, with the file's name. */
  readonly text: string;
}

/** All that can be said of a host's file without starting the agent. */
export interface ConfigReport {
  readonly config: string;
  /** The core is valid and the agent would start. */
  readonly ok: boolean;
  readonly fatal: readonly Finding[];
  /** Disable a section, skip a log group, leave a command out, or are only odd. */
  readonly warnings: readonly Finding[];
  readonly leftOut: readonly (Finding & { readonly command: string })[];
  /** What plugins would say in the log. */
  readonly notes: readonly string[];
  readonly sections: readonly AwaitedSection[];
  readonly unclaimed: readonly string[];
  /** Null when the agent would not start. */
  readonly wouldRun: {
    readonly agentId: string;
    readonly hub: string;
    readonly plugins: readonly string[];
    readonly commands: readonly string[];
  } | null;
  /** The user whose rights were used. */
  readonly asUser: number;
}

/** Reads, checks and tells everything at once; starts nothing, asks no network (wire page, 12.3). */
export async function checkConfigFile(path: string): Promise<ConfigReport> {
  let host: HostFile;
  let user = agentUser(undefined);
  try {
    host = readHostFile(path);
    user = agentUser(host.values['storage']?.['db_path']);
    host = user.look(() => readHostFile(path));
  } catch (error) {
    const fatal = refusalLines(error).map((text) => ({ problem: text, text }));
    return { ...NOTHING, config: path, fatal, asUser: user.uid };
  }
  const files = user.look(() => fileProblems(host.values));
  const { problems, rehearsal } = await inspectHost(host, files, user.uid);
  const refused = [...problems, ...host.unknownKeys, ...rehearsal.unknownKeys];
  const unloadable = user.look(() => packageProblems(host, user.uid));
  refused.push(...unloadable.filter(({ isFatal }) => isFatal).map(({ problem }) => problem));
  const identity = refused.length > 0 ? [] : user.look(() => identityProblems(host));
  const fatal = [...inOrder(host, refused), ...identity.map((text) => ({ problem: text, text }))];
  return {
    config: path,
    ok: fatal.length === 0,
    fatal,
    warnings: inOrder(host, [
      ...host.disabling,
      ...host.oddities,
      ...unloadable.filter(({ isFatal }) => !isFatal).map(({ problem }) => problem),
    ]),
    leftOut: rehearsal.leftOut.map(({ command, problem }) => ({ command, ...finding(host, problem) })),
    notes: rehearsal.notes,
    sections: [...host.awaited, ...unloadable.map(({ section }) => section)],
    unclaimed: host.unclaimed,
    wouldRun: fatal.length === 0 ? wouldRun(host, rehearsal, unloadable, user) : null,
    asUser: user.uid,
  };
}

const NOTHING: Omit<ConfigReport, 'config' | 'fatal' | 'asUser'> = {
  ok: false,
  warnings: [],
  leftOut: [],
  notes: [],
  sections: [],
  unclaimed: [],
  wouldRun: null,
};

function wouldRun(
  host: HostFile,
  { commands, leftOut }: Rehearsal,
  unloadable: readonly PackageProblem[],
  user: AgentUser,
): ConfigReport['wouldRun'] {
  const { config } = asLoaded(host);
  const offered = commands.filter((name) => !leftOut.some(({ command }) => command === name));
  const loaded = config.packages.filter(({ name }) => !unloadable.some(({ section }) => section.plugin === name));
  const plugins = [...config.plugins, ...loaded].map(({ name }) => name);
  const theirs = user.look(() => keptCommands(host, loaded, user.uid));
  return { agentId: config.agentId, hub: config.hubUrl, plugins, commands: [...offered, ...theirs] };
}

/** The content of the key files; only worth a look when everything else is right. */
function identityProblems(host: HostFile): readonly string[] {
  try {
    readIdentityFiles(asLoaded(host).config);
    return [];
  } catch (error) {
    return refusalLines(error);
  }
}

function refusalLines(error: unknown): readonly string[] {
  if (isAgentError(error) && error.fault === 'operator') return error.message.split('\n');
  throw error;
}

function inOrder(host: HostFile, problems: readonly ConfigProblem[]): readonly Finding[] {
  return problems.map((problem) => finding(host, problem)).toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function finding(host: HostFile, problem: ConfigProblem): Finding {
  const { path, ...said } = problem;
  return { line: host.lineOf(problem), key: path.join('.'), ...said, text: host.explain([problem]) };
}
