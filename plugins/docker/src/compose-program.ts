import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerConfig } from './config.ts';
import type { Daemon } from './daemon.ts';

/** Where packages put the plugins of the docker program; it looks there after its own config folder. */
const PACKAGED = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map((at) => `${at}/docker/cli-plugins`);

type Environment = Readonly<Record<string, string | undefined>>;

/** What the docker program gets when it runs compose (SEC-125): which engine, and whose config. */
export type ComposeEnvironment = Readonly<Record<'DOCKER_HOST' | 'DOCKER_CONFIG' | 'BUILDX_CONFIG', string>>;

/**
 * The config folder is one that the operator named, or one of the agent's own, which is empty until somebody fills it: what lies in a
 * home folder names programs that would run (plugins, credential helpers). All three are set, since the `.env` of a project may set what
 * is not.
 */
export function composeEnvironment(config: DockerConfig, daemon: Daemon, environment: Environment): ComposeEnvironment {
  const folder = namedFolder(config, environment) ?? ownFolder(environment);
  return { DOCKER_HOST: daemon.dockerHost, DOCKER_CONFIG: folder, BUILDX_CONFIG: join(folder, 'buildx') };
}

/** Why compose cannot be run, or undefined: the program itself would only complain of an unknown flag. */
export async function composeProblem(
  { DOCKER_CONFIG: own }: Pick<ComposeEnvironment, 'DOCKER_CONFIG'>,
  packaged: readonly string[] = PACKAGED,
): Promise<string | undefined> {
  for (const folder of [join(own, 'cli-plugins'), ...packaged])
    if (await isRunnable(join(folder, 'docker-compose'))) return undefined;
  return `the docker program will find no compose plugin: install it for all users (docker-compose-plugin, into /usr/libexec/docker/cli-plugins), or put it into ${join(own, 'cli-plugins')}; those of home folders are not used`;
}

/**
 * Sees to it that there is a config, for without one compose 1 takes that of the home folder: makes one that names nothing in the agent's
 * own folder, and leaves a folder that somebody named to them. Gives what stands in the way.
 */
export async function prepareConfig(folder: string, isOwn: boolean): Promise<string | undefined> {
  const file = join(folder, 'config.json');
  if (await isThere(file)) return undefined;
  let problem = 'is not there';
  if (isOwn)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(file, '{}\n', { flag: 'wx', mode: 0o600 });
      return undefined;
    } catch (error) {
      problem = `could not be made (${String((error as { readonly code?: unknown }).code)})`;
    }
  return `${file} ${problem}, and compose may take the config of a home folder; make it, with {} in it`;
}

/** The config folder that the operator chose, if they did. */
export function namedFolder({ docker }: DockerConfig, environment: Environment): string | undefined {
  return docker?.cli_config ?? absolute(environment['DOCKER_CONFIG']);
}

/** In the agent's state folder; whatever builds write goes there too. */
function ownFolder(environment: Environment): string {
  const state = absolute(environment['STATE_DIRECTORY']?.split(':')[0]);
  return join(state ?? join(absolute(environment['HOME']) ?? '/', '.local/share/stormpulse'), 'docker-cli');
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined;
}

const isRunnable = (path: string): Promise<boolean> => isThere(path, constants.X_OK);

async function isThere(path: string, mode = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
