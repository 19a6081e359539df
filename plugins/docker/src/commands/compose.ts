import { Type, subprocess } from '@stormpulse/sdk';
import type { AbsolutePath, Command, SubprocessSpec, TObject } from '@stormpulse/sdk';
import type { DockerSection } from '../config.ts';
import type { ComposeEnvironment } from '../compose-program.ts';

export const DOCKER: AbsolutePath = '/usr/bin/docker';

/** A compose project, as the docker program is told of it. */
export interface ComposeFiles {
  readonly compose_file: string;
  readonly env_file?: string | undefined;
}

type Fixed = Pick<SubprocessSpec<TObject>, 'id' | 'title' | 'effect' | 'timeout' | 'confirm' | 'group'>;

/** `docker compose` with the files of a project, and the words that follow. v1 leaves `--env-file` out with its file. */
export function composeArgv({ compose_file, env_file }: ComposeFiles, ...words: readonly string[]): readonly string[] {
  const environment = env_file === undefined || env_file === '' ? [] : ['--env-file', env_file];
  return ['compose', ...environment, '-f', compose_file, ...words];
}

/** One command of fixed words. */
export function composeCommand(
  fixed: Fixed,
  files: ComposeFiles,
  environment: ComposeEnvironment,
  ...words: readonly string[]
): Command {
  return subprocess({
    ...fixed,
    params: Type.Object({}),
    file: DOCKER,
    argv: () => composeArgv(files, ...words),
    env: () => environment,
  });
}

/** Up, down and pull of each `[docker.projects.<name>]`. */
export function projectCommands(projects: DockerSection['projects'], environment: ComposeEnvironment): readonly Command[] {
  return Object.entries(projects).flatMap(([name, files]) => [
    composeCommand(
      { id: `compose_${name}_up`, title: `Bring ${name} up`, effect: 'write', timeout: '5m' },
      files,
      environment,
      'up',
      '-d',
    ),
    composeCommand(
      { id: `compose_${name}_down`, title: `Take ${name} down`, effect: 'destructive', timeout: '2m' },
      files,
      environment,
      'down',
    ),
    composeCommand(
      { id: `compose_${name}_pull`, title: `Pull the images of ${name}`, effect: 'write', timeout: '15m' },
      files,
      environment,
      'pull',
    ),
  ]);
}
