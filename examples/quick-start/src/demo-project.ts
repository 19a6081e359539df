import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A git project that is made for this demo, and where it comes from. */
export interface DemoProject {
  readonly origin: string;
  readonly folder: string;
  readonly composeFile: string;
  /** Commits a line where the project comes from; a pull brings it. */
  publish(line: string): Promise<void>;
  /** Where a published line arrives. */
  readonly notes: string;
}

const GIT = '/usr/bin/git';
const COMPOSE = `services:
  demo:
    image: alpine
    command: ["sleep", "infinity"]
`;

/** Found or made below `root`; undefined on a machine without git. Rejects with what git says. */
export async function openProject(root: string, program = GIT): Promise<DemoProject | undefined> {
  if (!existsSync(program)) return undefined;
  const [origin, folder] = [join(root, 'project-origin'), join(root, 'project')];
  // Nobody's own settings have a part in it.
  const env = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const git = async (...args: readonly string[]): Promise<void> => {
    await promisify(execFile)(program, [...args], { env, timeout: 30_000 });
  };
  const commit = async (message: string): Promise<void> => {
    await git('-C', origin, 'add', '--all');
    const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@localhost'];
    await git('-C', origin, ...author, 'commit', '--quiet', '--no-verify', '--message', message);
  };
  if (!existsSync(join(folder, '.git'))) {
    // A start that was cut off here left a part of it, with nothing more to commit.
    for (const part of [origin, folder]) await rm(part, { recursive: true, force: true });
    await mkdir(origin);
    await git('init', '--quiet', '--initial-branch=main', origin);
    await writeFile(join(origin, 'docker-compose.yml'), COMPOSE);
    await writeFile(join(origin, 'NOTES'), 'A project that this demo made.\n');
    await commit('the project');
    await git('clone', '--quiet', origin, folder);
  }
  return {
    origin,
    folder,
    composeFile: join(folder, 'docker-compose.yml'),
    notes: join(folder, 'NOTES'),
    async publish(line) {
      await appendFile(join(origin, 'NOTES'), `${line}\n`);
      await commit(line);
    },
  };
}
