import { Type, subprocess } from '@stormpulse/sdk';
import type { AbsolutePath, Command } from '@stormpulse/sdk';
import { gitEnvironment } from './environment.ts';
import { refParam } from './refs.ts';
import { GIT } from './repository-gate.ts';

/** v1's command: its argv, group, time and answer (wire page, 8.2). */
export function pull(directory: AbsolutePath): Command {
  return subprocess({
    id: 'pull',
    title: 'Pull the project',
    description: "pull the project's repository",
    group: 'deploy',
    effect: 'write',
    confirm: 'none',
    timeout: '60s',
    params: Type.Object({}),
    file: GIT,
    argv: () => ['-C', directory, 'pull'],
    env: () => gitEnvironment(directory),
  });
}

/** What `[git]` offers besides. */
export function more(directory: AbsolutePath, refs: readonly string[]): readonly Command[] {
  const status = subprocess({
    id: 'status',
    title: 'Look at the project',
    description: 'branch, how far it is from its remote, and changed files, as git status --porcelain=v2 tells them',
    effect: 'read',
    timeout: '30s',
    params: Type.Object({}),
    file: GIT,
    argv: () => ['-C', directory, 'status', '--porcelain=v2', '--branch'],
    env: () => ({ ...gitEnvironment(directory), GIT_OPTIONAL_LOCKS: '0' }),
  });
  const fetch = subprocess({
    id: 'fetch',
    title: 'Fetch the project',
    description: 'fetch from the remote; files of the project stay as they are',
    effect: 'write',
    confirm: 'none',
    timeout: '60s',
    params: Type.Object({}),
    file: GIT,
    argv: () => ['-C', directory, 'fetch', '--prune'],
    env: () => gitEnvironment(directory),
  });
  return refs.length === 0 ? [status, fetch] : [status, fetch, checkout(directory, refs)];
}

function checkout(directory: AbsolutePath, refs: readonly string[]): Command {
  return subprocess({
    id: 'checkout',
    title: 'Check out a branch or a tag',
    description: 'check out one of the refs that the host allows; changed files are never overwritten',
    effect: 'write',
    timeout: '60s',
    params: Type.Object({ ref: refParam(refs) }),
    file: GIT,
    // What stands before "--" is a ref and never a file.
    argv: (slot) => ['-C', directory, 'checkout', slot.ref, '--'],
    env: () => gitEnvironment(directory),
  });
}
