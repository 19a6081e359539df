import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { HostWithHub } from './host-with-hub.ts';

const ROOT = join(import.meta.dirname, '../../..');
const INSTALL = ['install', '--global', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
/** What a running host changes whatever is installed: logs, caches, and what systemd keeps of itself. */
const RESTLESS =
  /^\/(?:var\/log|var\/lib\/systemd|var\/cache|var\/tmp|root\/\.cache|home\/op\/\.cache|home\/op\/\.local\/share\/systemd)(?:\/|$)/u;

/** The agent's tarball, as it is published, installed as npm installs it on a host with systemd; and a hub. */
export class InstalledHost extends HostWithHub {
  /** In `/opt/stormpulse` for the host, and for the user `op` below its home. */
  static async start(): Promise<InstalledHost> {
    return await InstalledHost.set(
      (parts) => new InstalledHost(parts),
      (installed) => installed.#install(),
    );
  }

  async #install(): Promise<void> {
    const { host, folder } = this;
    const run = (file: string, ...args: readonly string[]): string =>
      execFileSync(file, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    run(process.execPath, 'scripts/pack.mjs', join(folder, 'packed'));
    run('npm', ...INSTALL, '--prefix', join(folder, 'prefix'), join(folder, 'packed/stormpulse-agent-0.1.0.tgz'));
    await host.run('useradd', '--create-home', '--shell', '/bin/bash', 'op');
    await host.run('loginctl', 'enable-linger', 'op');
    for (const to of ['/opt/stormpulse', '/home/op/.local']) {
      await host.run('mkdir', '-p', to);
      await host.copyIn(`${join(folder, 'prefix')}/.`, to);
    }
    await host.run('chown', '-R', 'root:root', '/opt/stormpulse');
    await host.run('chown', '-R', 'op:op', '/home/op/.local');
    await this.until(async () => expect(await this.manager('is-system-running')).toMatch(/running|degraded/u));
  }

  /** Of the user's own service manager. */
  async manager(...words: readonly string[]): Promise<string> {
    return (await this.host.try('systemctl', '--user', '-M', 'op@.host', ...words)).stdout.trim();
  }

  async enroll(agentId: string, ...through: readonly string[]): Promise<void> {
    const { token } = await this.hub.createToken(agentId);
    const program = through.length === 0 ? '/opt/stormpulse/bin/stormpulse' : '/home/op/.local/bin/stormpulse';
    await this.host.run(...through, program, 'enroll', `${this.hub.agentsUrl}/api/enroll/`, agentId, token);
  }

  /** Every path of the host's own file system, but what a running host changes by itself. */
  async paths(): Promise<readonly string[]> {
    const found = await this.host.run('find', '/', '-xdev', '-not', '-path', '/proc/*', '-printf', '%p %M %u %g\n');
    return found
      .split('\n')
      .filter((line) => line !== '' && !RESTLESS.test(line))
      .toSorted();
  }

  /** Writes a file that only its owner reads. */
  async answers(path: string, text: string, owner = 'root'): Promise<void> {
    await this.host.write(path, text);
    await this.host.run('chown', `${owner}:${owner}`, path);
    await this.host.run('chmod', '0600', path);
  }
}
