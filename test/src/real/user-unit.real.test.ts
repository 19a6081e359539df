import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub } from '@stormpulse/hub';
import type { Hub } from '@stormpulse/hub';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundleIn, fourCommands, installedToml } from './agent-install.ts';
import { SystemdHost } from './systemd-host.ts';

const UNIT = 'stormpulse.service';
const AGENT = 'user-1';
const PATIENT = { timeout: 60_000, interval: 100 };
/** In docs/guides/run-as-a-service.md too; a release may lower it. */
const RECORDED_EXPOSURE = 6.4;

/** An agent that a user without privileges installed for itself. */
describe("the shipped user unit in a user's own manager", () => {
  let folder: string;
  let hub: Hub;
  let host: SystemdHost;

  beforeAll(async () => {
    host = await SystemdHost.start();
    folder = mkdtempSync(join(tmpdir(), 'user-unit-'));
    const listen = { host: '127.0.0.1', port: 0 };
    hub = await createHub({ stateDir: join(folder, 'hub'), agentsListen: listen, peopleListen: listen });
    await install();
  });
  afterAll(async () => {
    await host?.remove();
    await hub?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const asUser = (script: string): Promise<string> => host.run('runuser', '-l', 'op', '-c', script);
  const manager = (...args: readonly string[]): Promise<string> => host.run('systemctl', '--user', '-M', 'op@.host', ...args);

  /** As docs/guides/run-as-a-service.md says. */
  const install = async (): Promise<void> => {
    await host.run('useradd', '--create-home', '--shell', '/bin/bash', 'op');
    await host.run('loginctl', 'enable-linger', 'op');
    await vi.waitFor(async () => expect((await manager('is-system-running')).trim()).toBe('running'), PATIENT);
    await asUser('install -d -m 0700 ~/.local/share/stormpulse ~/.local/share/stormpulse/agent ~/.config/systemd/user');
    await host.copyIn(`${bundleIn(folder)}/.`, '/home/op/.local/share/stormpulse/agent');
    await host.run('chown', '-R', 'op:op', '/home/op/.local/share/stormpulse');
    const { token } = await hub.createToken(AGENT);
    await asUser(`node ~/.local/share/stormpulse/agent/main.js enroll ${hub.agentsUrl}/api/enroll/ ${AGENT} ${token}`);
    const toml = installedToml({
      agentId: AGENT,
      pulseToken: (await asUser('cat ~/.config/stormpulse/pulse-token')).trim(),
      agentsUrl: hub.agentsUrl,
      credentials: '/home/op/.config/stormpulse',
      data: '/home/op/.local/share/stormpulse',
      commands: fourCommands({ outside: '/etc/mark', inside: '/home/op/mark' }),
    });
    await host.write('/home/op/.config/stormpulse/stormpulse.toml', toml);
    await host.run('chown', 'op:op', '/home/op/.config/stormpulse/stormpulse.toml');
    await host.run('chmod', '0600', '/home/op/.config/stormpulse/stormpulse.toml');
    await asUser(`cp ~/.local/share/stormpulse/agent/units/stormpulse.user.service ~/.config/systemd/user/${UNIT}`);
    await manager('daemon-reload');
  };

  it('SEC-172 runs the agent: ready, connected, under what works without privileges', async () => {
    await manager('start', UNIT);
    await vi.waitFor(() => expect(hub.gateway.link(AGENT)).toBeDefined(), PATIENT);
    expect((await manager('show', UNIT, '-p', 'ActiveState', '--value')).trim()).toBe('active');
    const pid = (await manager('show', UNIT, '-p', 'MainPID', '--value')).trim();
    const status = await host.run('cat', `/proc/${pid}/status`);
    expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
    expect(status).toMatch(/^Seccomp:\t2$/mu);
    expect(status).toMatch(/^Umask:\t0077$/mu);
    expect(await host.run('cat', `/proc/${pid}/limits`)).toMatch(/^Max core file size\s+0\s+0\s/mu);
  });

  it('SEC-172 is no more exposed than recorded', async () => {
    const unit = '/home/op/.local/share/stormpulse/agent/units/stormpulse.user.service';
    const text = await host.run('systemd-analyze', 'security', '--no-pager', '--offline=true', unit);
    const [, score] = /Overall exposure level for \S+: (\d+\.\d)/u.exec(text) ?? [];
    expect(Number(score)).toBeLessThanOrEqual(RECORDED_EXPOSURE);
  });

  it('SEC-170 the system unit, offline, is at most 1.5', async () => {
    const unit = `/home/op/.local/share/stormpulse/agent/units/${UNIT}`;
    const text = await host.run('systemd-analyze', 'security', '--no-pager', '--offline=true', '--threshold=15', unit);
    expect(text).toMatch(/Overall exposure level for stormpulse\.service: (?:0\.\d|1\.[0-5]) /u);
  });
});
