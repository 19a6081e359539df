import { Type, subprocess } from '@stormpulse/sdk';
import type { Command } from '@stormpulse/sdk';
import type { ProjectSection } from '../config.ts';
import type { ComposeEnvironment } from '../compose-program.ts';
import { DOCKER, composeArgv, composeCommand } from './compose.ts';

/** v1's `docker_logs`: all that `[project]` alone gives, in argv, group and limits as v1 has it. */
export function v1LogsCommand(project: ProjectSection, environment: ComposeEnvironment): Command {
  return subprocess({
    id: 'logs',
    group: 'diagnostics',
    title: 'Show the logs of a service',
    description: 'The last lines of one service of this host’s project.',
    effect: 'read',
    timeout: '30s',
    params: Type.Object({
      docker_service_name: Type.String({
        // v1's pattern takes a leading hyphen, and `--follow` with it.
        pattern: '^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,127}$',
        maxLength: 128,
        default: project.docker_service_name,
        description: 'Service of the compose file.',
      }),
      tail_lines: Type.String({ pattern: '^[0-9]{1,5}$', maxLength: 5, default: '100', description: 'How many lines.' }),
    }),
    file: DOCKER,
    argv: (slot) => [...composeArgv(project, 'logs', '--tail'), slot.tail_lines, slot.docker_service_name],
    env: () => environment,
  });
}

/** The deploy commands that v1's example file suggests, for a host that has `[docker]` beside `[project]`. */
export function v1DeployCommands(project: ProjectSection, environment: ComposeEnvironment): readonly Command[] {
  const deploy = { group: 'deploy' } as const;
  return [
    composeCommand(
      { ...deploy, id: 'build', title: 'Build the project’s images', effect: 'write', confirm: 'none', timeout: '300s' },
      project,
      environment,
      'build',
    ),
    composeCommand(
      { ...deploy, id: 'up', title: 'Bring the project up', effect: 'write', confirm: 'none', timeout: '120s' },
      project,
      environment,
      'up',
      '-d',
    ),
    composeCommand(
      { ...deploy, id: 'down', title: 'Take the project down', effect: 'destructive', confirm: 'click', timeout: '60s' },
      project,
      environment,
      'down',
    ),
  ];
}
