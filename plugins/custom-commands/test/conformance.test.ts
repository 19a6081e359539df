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
  conformance(plugin, {
    config: example,
    pkg,
    folder: new URL('../', import.meta.url),
    // The agent gives it what stands in other tables.
    example: ({ commands }) => ({ commands, project, disabled_commands: [] }),
    params: {
      site_logs: { service: 'web' },
      rotate_key: { api_token: 'abcdefgh12' },
      set_motd: { headline: 'Welcome', text: 'hello' },
    },
  });
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

  it.each([
    ['F4 a number out of range', { lines: '100000' }],
    ['F5 a trailing line end', { lines: '9\n' }],
    ['F13 SEC-111 4097 bytes of 4096', { text: 'x'.repeat(4_097) }],
    ['F14 SEC-111 2049 characters of two bytes', { text: '\u00e9'.repeat(2_049) }],
    ['SEC-110 an option', { word: '--help' }],
    ['SEC-112 a direction mark', { word: 'a\u202eb' }],
  ])('%s is validation_failed, and nothing runs', async (_title, params) => {
    const own = {
      lines: { placeholder: 'lines', pattern: '[0-9]{1,5}', default: '1' },
      text: { placeholder: 'text', max_bytes: 4_096, default: 'x' },
      word: { placeholder: 'word', kind: 'free_text', default: 'x' },
    };
    const all = { group: 'x', command: ['/bin/echo', '{lines}', '{word}', '{text}'], timeout: 5, params: own };
    await using harness = await start({ all });
    expect(await harness.call('all', params as Record<string, string>)).toMatchObject({ failure_reason: 'validation_failed' });
    expect(harness.exec.calls).toEqual([]);
    expect(await harness.call('all', { text: '\u00e9'.repeat(2_048) })).toMatchObject({ success: true });
  });

  it('F15 F16 leaves an unset env_file out with its option, and places a value literally', async () => {
    const up = {
      group: 'x',
      command: ['/usr/bin/docker', '--env-file', '{env_file}', 'ps', '{t}'],
      timeout: 5,
      params: { t: { placeholder: 't', max_bytes: 99 } },
    };
    await using harness = await start({ up });
    await harness.call('up', { t: '${HOME} {project_dir}' });
    expect(harness.exec.calls).toEqual([{ file: '/usr/bin/docker', args: ['ps', '${HOME} {project_dir}'] }]);
  });

  it('F18 a disabled command is absent from the manifest and answered like an unknown one', async () => {
    await using harness = await createHarness(plugin, { config: { ...example, disabled_commands: ['site_logs', 'no_such'] } });
    expect(Object.keys(harness.manifest)).toEqual(['rotate_key', 'set_motd']);
    expect(await harness.call('site_logs', { service: 'web' })).toMatchObject({
      failure_reason: 'validation_failed',
      group: 'unknown',
    });
  });

  it('SEC-104 no request and no parameter replaces what the host wrote in [project]', async () => {
    const command = { group: 'x', command: ['/bin/ls', '{project_dir}'], timeout: 5 };
    await using harness = await start({ list: command });
    expect(await harness.call('list', { project_dir: '/etc' })).toMatchObject({ failure_reason: 'validation_failed' });
    for (const name of ['project_dir', 'compose_file', 'env_file'])
      await expect(start({ list: { ...command, params: { [name]: { placeholder: name, max_bytes: 99 } } } })).rejects.toThrow(
        new RegExp(`list.params.${name}`, 'u'),
      );
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
