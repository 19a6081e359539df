import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { v1Toml, writeV1Database } from '../e2e/moving-a-host-files.ts';
import { bundleIn } from './agent-install.ts';
import { HostWithHub } from './host-with-hub.ts';

const GUIDE = join(import.meta.dirname, '../../../docs/guides/move-from-the-python-agent.md');
const MAIN = '/opt/stormpulse/agent/main.js';
const DATA = '/opt/stormpulse/data';
const UNIT = '/etc/systemd/system/stormpulse.service';
const V1_PROGRAM = '/opt/stormpulse/venv/bin/stormpulse';
const CREDENTIALS = ['ca.pem', 'agent.pem', 'agent-key.pem', 'hmac.key'].map((name) => `/etc/stormpulse/${name}`);

/** All that v1 does about its hatch at its start: the file is there, or the hatch is open (wire page, 9.2). */
const V1_STAND_IN = `#!/bin/sh
if [ -e ${DATA}/signoff.sealed ]; then echo 'v1: sealed'; else echo 'v1: unsealed'; fi
exec sleep infinity
`;

/** As v1's `init` writes it. */
const V1_UNIT = `[Unit]
Description=Storm Pulse Agent
After=network-online.target docker.service
Wants=network-online.target

[Service]
Type=simple
User=stormpulse
Group=stormpulse
Environment=HOME=/opt/stormpulse
ExecStart=${V1_PROGRAM} run /etc/stormpulse/stormpulse.toml
Restart=always
RestartSec=5
TimeoutStopSec=15
KillMode=mixed
ProtectSystem=strict
ReadOnlyPaths=/
ReadWritePaths=${DATA}
ReadWritePaths=/srv/app
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes

[Install]
WantedBy=multi-user.target
`;

/** A host with systemd that runs the Python agent (a stand-in that only tells its hatch), ours beside it, and the hub of both. */
export class MovedHost extends HostWithHub {
  readonly agentId = 'host-1';

  static async start(): Promise<MovedHost> {
    return await MovedHost.set(
      (parts) => new MovedHost(parts),
      (moved) => moved.#install(),
    );
  }

  /** Types the lines that a section of the guide gives, where the folder of the clone it names is the bundle's. */
  async follow(section: string): Promise<void> {
    const [, block = ''] = readFileSync(GUIDE, 'utf8').split(`\n## ${section}\n`)[1]?.split('```') ?? [];
    const lines = block.split('\n').slice(1, -1);
    if (lines.length === 0) throw new Error(`the guide has no lines under "${section}"`);
    for (const line of lines)
      await this.host.run(
        'sh',
        '-c',
        line.replaceAll('sudo ', '').replaceAll('packages/agent/units/', '/opt/stormpulse/agent/units/'),
      );
  }

  /** What the v1 agent that runs now read of its hatch. */
  async v1Says(): Promise<string> {
    const start = await this.host.show('stormpulse.service', 'InvocationID');
    let said = '';
    await this.until(async () => {
      said = await this.host.run('journalctl', '-o', 'cat', `_SYSTEMD_INVOCATION_ID=${start}`);
      expect(said).toContain('v1: ');
    });
    return said.trim();
  }

  /** Our program, as root. */
  async stormpulse(...args: readonly string[]): Promise<string> {
    return await this.host.run('node', MAIN, ...args);
  }

  /** Content, mode and owner of what an operator wrote and an enrollment left. */
  async given(): Promise<string> {
    const files = ['/etc/stormpulse/stormpulse.toml', ...CREDENTIALS];
    return (await this.host.run('sha256sum', ...files)) + (await this.host.run('stat', '-c', '%n %a %U:%G', ...files));
  }

  async #install(): Promise<void> {
    const { host, hub, agentId } = this;
    await host.run('useradd', '--system', '--home-dir', '/opt/stormpulse', '--shell', '/usr/sbin/nologin', 'stormpulse');
    await host.run('mkdir', '-p', '/opt/stormpulse/agent', '/opt/stormpulse/venv/bin', '/srv/app');
    await host.copyIn(`${bundleIn(this.folder)}/.`, '/opt/stormpulse/agent');
    await host.run('chown', '-R', 'root:root', '/opt/stormpulse');
    await host.run('install', '-d', '-o', 'stormpulse', '-g', 'stormpulse', '-m', '0755', DATA);
    const { token } = await hub.createToken(agentId);
    await this.stormpulse('enroll', `${hub.agentsUrl}/api/enroll/`, agentId, token);
    const pulseToken = (await host.run('cat', '/etc/stormpulse/pulse-token')).trim();
    await host.run('rm', '/etc/stormpulse/pulse-token');
    const [url, database] = [`wss://${new URL(hub.agentsUrl).host}/ws/pulse/`, `${DATA}/stormpulse.db`];
    const places = { agentId, pulseToken, url, credentials: '/etc/stormpulse', project: '/srv/app', database };
    await host.write('/etc/stormpulse/stormpulse.toml', v1Toml(places));
    await host.write('/srv/app/compose.yml', 'services: {}\n');
    await host.run('chown', '-R', 'root:stormpulse', '/etc/stormpulse', '/srv/app');
    await host.run('chmod', '0750', '/etc/stormpulse');
    await host.run(
      'chmod',
      '0640',
      '/etc/stormpulse/stormpulse.toml',
      '/etc/stormpulse/agent-key.pem',
      '/etc/stormpulse/hmac.key',
    );
    const made = join(this.folder, 'stormpulse.db');
    writeV1Database(made, [{ nonce: 'a'.repeat(32), seenAt: Date.now() / 1_000 - 15 }]);
    await host.copyIn(made, database);
    await host.run('chown', 'stormpulse:stormpulse', database);
    await host.write(V1_PROGRAM, V1_STAND_IN);
    await host.run('chmod', '0755', V1_PROGRAM);
    await host.write(UNIT, V1_UNIT);
    await host.run('systemctl', 'daemon-reload');
  }
}
