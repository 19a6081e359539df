import { readFileSync } from 'node:fs';
import { conformance, createHarness } from '@stormpulse/sdk/testing';
import type { Harness } from '@stormpulse/sdk/testing';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const pkg = JSON.parse(read('package.json')) as { name: string; version: string };
const project = { project_dir: '/srv/app', compose_file: '/srv/app/compose.yml', docker_service_name: 'web' };
const example = { ...(parse(read('config.example.toml')) as { commands: Record<string, object> }), project };

const SCRIPT = {
  group: 'x',
  command: ['/bin/sh', '-c', 'echo {p}'],
  timeout: 5,
  params: { p: { placeholder: 'p', kind: 'free_text' } },
};

const start = (commands: Record<string, object> = {}): Promise<Harness> =>
  createHarness(plugin, { config: { ...example, commands: { ...example.commands, ...commands } } });

describe('conformance', () => {
  conformance(plugin, { config: example, pkg });
});

describe('on a host', () => {
  it('runs exactly the argv that is written, and gives its output back', async () => {
    await using harness = await start();
    harness.exec.on('/usr/bin/docker', /logs/u, { stdout: 'two lines' });
    expect(await harness.call('site_logs', { service: 'web', lines: '9' })).toMatchObject({
      success: true,
      stdout: 'two lines',
      group: 'diagnostics',
    });
    const args = ['compose', '-f', '/srv/app/compose.yml', 'logs', '--tail', '9', 'web'];
    expect(harness.exec.calls).toEqual([{ file: '/usr/bin/docker', args }]);
  });

  it.each([
    { service: '--follow' },
    { service: 'web', lines: '100000' },
    { service: 'web', lines: '9\n' },
    { service: 'web', extra: '1' },
    {},
  ])('F3 F4 F5 SEC-110 SEC-112 refuses %j and starts nothing', async (params) => {
    await using harness = await start();
    expect(await harness.call('site_logs', params as Record<string, string>)).toMatchObject({
      success: false,
      failure_reason: 'validation_failed',
    });
    expect(harness.exec.calls).toEqual([]);
  });

  it('F6 refuses a parameter of a command that takes none', async () => {
    await using harness = await start({ up: { group: 'x', command: ['/usr/bin/uptime'], timeout: 5 } });
    expect(await harness.call('up', { p: '1' })).toMatchObject({ failure_reason: 'validation_failed' });
    expect(await harness.call('up')).toMatchObject({ success: true });
  });

  it('SEC-116 gives a secret on standard input, and shows it nowhere', async () => {
    await using harness = await start();
    await harness.call('rotate_key', { api_token: 'canary7f3a91' });
    expect(harness.exec.calls).toEqual([{ file: '/usr/local/bin/rotate-key', args: [], stdin: 'canary7f3a91' }]);
    const refused = await harness.call('rotate_key', { api_token: 'canary-7f3a91' });
    expect(JSON.stringify([refused, harness.log, harness.events, harness.manifest])).not.toContain('canary');
  });

  it('SEC-103 leaves a dangerous command out, says which and why, and offers the others', async () => {
    await using harness = await start({ script: SCRIPT });
    expect(Object.keys(harness.manifest)).toEqual(['rotate_key', 'set_motd', 'site_logs']);
    expect(harness.status.leftOut).toMatchObject([
      { command: 'script', problem: { path: ['commands', 'script', 'command', 2] } },
    ]);
    expect(await harness.call('script', { p: 'x' })).toMatchObject({ failure_reason: 'validation_failed', group: 'unknown' });
  });

  it('I4 does not start with a file that cannot be meant, and names every place', async () => {
    const bad = start({ x: { ...SCRIPT, command: ['sh'], timeout: 0 }, 'a,b': SCRIPT });
    await expect(bad).rejects.toThrow(/commands\.x\.timeout.*\n.*commands\.x\.command\.0.*\n.*commands\.a,b/u);
  });
});
