import { Value } from '@sinclair/typebox/value';
import { describe, expect, test } from 'vitest';
import { dockerWizard } from '../src/wizard.ts';

const ROOTFUL = '/var/run/docker.sock';
const ROOTLESS = '/run/user/1000/docker.sock';

/** Answers a wizard on a host that has these sockets, with its defaults but for `said`. */
async function plan(sockets: readonly string[], said: object = {}, environment: Record<string, string> = {}): Promise<unknown> {
  const { spec } = dockerWizard(environment);
  const { signal } = new AbortController();
  const exec = (): Promise<never> => Promise.reject(new Error('it runs nothing'));
  const detected = await spec.detect({
    signal,
    exec,
    folder: '/opt/docker',
    exists: (path) => Promise.resolve(sockets.includes(path)),
  });
  const answers = { ...(Value.Default(spec.questions(detected), {}) as object), ...said };
  return await spec.plan({ detected, answers });
}

const section = (socket: string): readonly unknown[] => [
  { kind: 'config-section', section: 'docker', values: { host: `unix://${socket}` } },
  { kind: 'verify', probe: 'engine' },
];

describe('the wizard', () => {
  test('finds the socket, the rootless one of this user first, and writes the section', async () => {
    expect(await plan([ROOTFUL])).toEqual(section(ROOTFUL));
    expect(await plan([ROOTFUL, ROOTLESS], {}, { XDG_RUNTIME_DIR: '/run/user/1000' })).toEqual(section(ROOTLESS));
    expect(await plan([ROOTFUL], { socket: '/srv/proxy.sock' })).toEqual(section('/srv/proxy.sock'));
  });

  test('plans nothing without an engine unless one is named all the same, and nothing when that is not wanted', async () => {
    expect(await plan([])).toEqual([]);
    expect(await plan([], { enable: true, socket: '/srv/later.sock' })).toEqual(section('/srv/later.sock'));
    expect(await plan([ROOTFUL], { enable: false })).toEqual([]);
  });
});
