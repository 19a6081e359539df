import { readFileSync } from 'node:fs';
import { conformance, createHarness } from '@stormpulse/sdk/testing';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';

const pkg = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { name: string; version: string };
const project = { project_dir: '/srv/app' };
const config = { project, git: { refs: ['main', 'release/*', 'v1.0'], trust: ['filter.lfs'] } };

describe('conformance', () => {
  conformance(plugin, {
    config,
    pkg,
    folder: new URL('../', import.meta.url),
    // The agent gives it the folder of [project] alone.
    example: ({ git }) => ({ project, git }),
    params: { checkout: { ref: 'main' } },
  });
});

describe('on a host', () => {
  it.each([
    ['[git] without [project]', { git: {} }, /git: stands without \[project\]/u],
    ['a ref that is an option', { project, git: { refs: ['--force'] } }, /refs/u],
    ['a ref that is everything', { project, git: { refs: ['*'] } }, /refs/u],
    ['a misspelt key', { project, git: { ref: ['main'] } }, /ref/u],
  ])('%s is refused by name', async (_title, wrong, told) => {
    await expect(createHarness(plugin, { config: wrong })).rejects.toThrow(told);
  });

  it('SEC-125 asks for the settings before each run, and runs nothing when they cannot be told', async () => {
    await using harness = await createHarness(plugin, { config });
    harness.exec.on('/usr/bin/git', /config --list/u, { stdout: 'x'.repeat(10), truncated: true });
    expect(await harness.call('git_pull')).toMatchObject({ failure_reason: 'validation_failed' });
    expect(harness.exec.calls.map(({ args }) => args.at(-1))).toEqual(['--includes']);
  });
});
