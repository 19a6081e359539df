import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A real repository that follows a real bare one, and whatever a hostile hand does to it. */
export class GitProject {
  readonly folder: string;
  readonly directory: string;

  constructor(folder: string) {
    this.folder = folder;
    this.directory = join(folder, 'app');
    const remote = join(folder, 'remote.git');
    this.#run(folder, 'init', '-q', '--bare', '-b', 'main', remote);
    this.#run(folder, 'init', '-q', '-b', 'main', join(folder, 'author'));
    this.publish('first');
    this.author('remote', 'add', 'origin', remote);
    this.author('push', '-q', '-u', 'origin', 'main');
    this.#run(folder, 'clone', '-q', remote, this.directory);
  }

  /** git on the project, as a person at the host. */
  git(...args: readonly string[]): string {
    return this.#run(this.directory, ...args);
  }

  /** git on the other copy, whose commits come with a pull. */
  author(...args: readonly string[]): string {
    return this.#run(join(this.folder, 'author'), ...args);
  }

  /** A commit with one file of that name; pushed once there is a remote. */
  publish(name: string, content = `${name}\n`): void {
    writeFileSync(join(this.folder, 'author', name), content);
    this.author('add', '-A');
    this.author('commit', '-q', '-m', name);
    if (this.author('remote') !== '') this.author('push', '-q', 'origin', 'HEAD');
  }

  /** A program that leaves `NAME.ran` behind, and its path. */
  trap(name: string, folder = 'traps'): string {
    mkdirSync(join(this.folder, folder), { recursive: true });
    const path = join(this.folder, folder, name);
    writeFileSync(path, `#!/bin/sh\ntouch ${join(this.folder, `${name}.ran`)}\ncat\n`);
    chmodSync(path, 0o755);
    return path;
  }

  hasRun(name: string): boolean {
    return existsSync(join(this.folder, `${name}.ran`));
  }

  #run(cwd: string, ...args: readonly string[]): string {
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: this.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example',
    };
    return execFileSync('/usr/bin/git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
