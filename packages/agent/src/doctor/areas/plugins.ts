import { readRunning, statusPath } from '../../host/status-file.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

const BROKEN = new Set(['refused', 'failed', 'degraded']);

/** Sections that nothing serves, and plugins that an agent which runs could not start. */
export function lookAtPlugins({ configPath, report, config, user }: HostUnderExamination): Finding[] {
  const sections = report.sections.filter(({ state }) => state === 'disabled_error');
  const path = config.databasePath;
  const running = path === undefined ? undefined : user.look(() => readRunning(statusPath(path)));
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
  ];
}
