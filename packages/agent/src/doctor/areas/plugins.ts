import { isAgentError } from '@stormpulse/plugin-api';
import type { AgentConfig } from '../../config/agent-config.ts';
import { readRunning, statusPath } from '../../host/status-file.ts';
import { isSystemMode } from '../../host/system-mode.ts';
import { orphanTrees } from '../../plugins/orphans.ts';
import { packagesFolder } from '../../plugins/plugin-folders.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

const BROKEN = new Set(['refused', 'failed', 'degraded']);

/** Sections that nothing serves, and plugins that an agent which runs could not start. */
export function lookAtPlugins({ configPath, report, config, user }: HostUnderExamination): Finding[] {
  const sections = report.sections.filter(({ state }) => state === 'disabled_error');
  const path = config.databasePath;
  const running = path === undefined ? undefined : user.look(() => readRunning(statusPath(path)));
  const orphans = user.look(() => orphansOf(configPath, user.uid, config));
  const told = new Set(report.sections.map(({ plugin }) => plugin));
  return [
    ...sections.map(({ table, plugin, reason }): Finding => ({
      level: 'wrong',
      problem: `[${table}] is disabled_error: ${reason}`,
      where: `${configPath} ${table}`,
      expected: 'a section that one of the plugins of this agent can serve',
      fix: table.startsWith('plugins.')
        ? `do what it says, or: stormpulse plugins remove ${plugin}; then: stormpulse restart`
        : 'correct the section, write enabled = false in it, or remove it; then: stormpulse restart',
    })),
    ...(running?.plugins ?? [])
      .filter(({ name, state }) => BROKEN.has(state) && !told.has(name))
      .map(({ name, state, reason }): Finding => ({
        level: 'wrong',
        problem: `the plugin ${name} is ${state}${reason === undefined ? '' : `: ${reason}`}`,
        where: `${configPath} ${name}`,
        expected: 'ready',
        fix: `see what it says: stormpulse logs -g ${name}; correct it, then: stormpulse restart`,
      })),
    ...orphans.map((tree): Finding => ({
      level: 'note',
      problem: `orphan_package: a plugin is installed that ${configPath} does not name`,
      where: tree,
      expected: 'what the file names, and updates that wait for a grant',
      fix: `when no agent runs it any more: rm -r ${tree}`,
    })),
  ];
}

/** What is wrong with the records is told of the plugins that need them. */
function orphansOf(
  configPath: string,
  agentUid: number,
  { databasePath, packages = [] }: Partial<AgentConfig>,
): readonly string[] {
  if (databasePath === undefined) return [];
  try {
    return orphanTrees(packagesFolder(databasePath, isSystemMode(configPath, agentUid)), packages);
  } catch (error) {
    if (isAgentError(error) || (error instanceof Error && 'code' in error)) return [];
    throw error;
  }
}
