import type { HubOptions, RunView } from '@stormpulse/hub';
import { expect } from 'vitest';
import { bundleIn, installedToml } from './agent-install.ts';
import { HostWithHub } from './host-with-hub.ts';

export const UNIT = 'stormpulse.service';
export const CONFIG = '/etc/stormpulse/stormpulse.toml';
export const STATE = '/opt/stormpulse/data';
/** Commands may write here, and read it back after a restart. */
export const COMMANDS_FOLDER = '/var/lib/stormpulse';
export const PATIENT = { timeout: 60_000, interval: 100 };

const DROP_INS = `/etc/systemd/system/${UNIT}.d`;

/** The shipped unit on a host with systemd, installed as docs/guides/run-as-a-service.md says, and the hub it is enrolled at. */
export class ServedHost extends HostWithHub {
  readonly agentId = 'host-1';

  /** Resolves when the agent is connected and takes commands; `commands` is TOML. */
  static async start(commands: string, options: Omit<HubOptions, 'stateDir'> = {}): Promise<ServedHost> {
    const install = async (served: ServedHost): Promise<void> => {
      await served.#install(commands);
      await served.host.run('systemctl', 'start', UNIT);
      await served.connected();
      await served.until(() => served.#pastTheFloor());
    };
    return await ServedHost.set((parts) => new ServedHost(parts), install, options);
  }

  async connected(): Promise<void> {
    await this.linked(this.agentId);
  }

  /** Orders a command and gives what became of it. */
  async order(name: string, params: Readonly<Record<string, string>> = {}): Promise<RunView> {
    return await this.ended(await this.person.order(this.agentId, name, params));
  }

  async ended({ id }: RunView): Promise<RunView> {
    let view = await this.person.run(id);
    await this.until(async () => {
      view = await this.person.run(id);
      expect(view.ended_at).not.toBeNull();
    });
    return view;
  }

  /** The unit's journal: its own lines, and those of the service manager about it. */
  async journal(): Promise<Record<string, unknown>[]> {
    return (await this.host.run('journalctl', '-u', UNIT, '-o', 'json', '--no-pager'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async show(property: string): Promise<string> {
    return await this.host.show(UNIT, property);
  }

  /** Adds directives to the unit and restarts it with them. */
  async dropIn(name: string, directives: string): Promise<void> {
    await this.host.run('mkdir', '-p', DROP_INS);
    await this.host.write(`${DROP_INS}/${name}.conf`, `[Service]\n${directives}`);
    await this.host.run('systemctl', 'daemon-reload');
    await this.host.run('systemctl', 'restart', UNIT);
    await this.connected();
  }

  async #install(commands: string): Promise<void> {
    const { host, hub, agentId } = this;
    await host.run('useradd', '--system', '--home-dir', '/opt/stormpulse', '--shell', '/usr/sbin/nologin', 'stormpulse');
    await host.run('mkdir', '-p', '/opt/stormpulse/agent');
    await host.copyIn(`${bundleIn(this.folder)}/.`, '/opt/stormpulse/agent');
    await host.run('chown', '-R', 'root:root', '/opt/stormpulse');
    await host.run('install', '-d', '-o', 'stormpulse', '-g', 'stormpulse', '-m', '0700', STATE);
    const { token } = await hub.createToken(agentId);
    await host.run('node', '/opt/stormpulse/agent/main.js', 'enroll', `${hub.agentsUrl}/api/enroll/`, agentId, token);
    const pulseToken = (await host.run('cat', '/etc/stormpulse/pulse-token')).trim();
    const { agentsUrl } = hub;
    await host.write(
      CONFIG,
      installedToml({ agentId, pulseToken, agentsUrl, credentials: '/etc/stormpulse', data: STATE, commands }),
    );
    await host.run('chown', 'root:stormpulse', CONFIG, '/etc/stormpulse');
    await host.run('chmod', '0640', CONFIG);
    await host.run('chmod', '0750', '/etc/stormpulse');
    await host.run('install', '-d', '-o', 'stormpulse', '-g', 'stormpulse', '/srv/deploy');
    await host.run('cp', `/opt/stormpulse/agent/units/${UNIT}`, '/etc/systemd/system/');
    await host.run('systemctl', 'daemon-reload');
  }

  /** A new store takes no command dated in its first seconds (SEC-063); the journal says until when. */
  async #pastTheFloor(): Promise<void> {
    const told = (await this.journal()).map(({ MESSAGE }) => /dated before the floor.* floor=(\S+)/u.exec(String(MESSAGE))?.[1]);
    expect(Date.now()).toBeGreaterThan(Date.parse(told.find((floor) => floor !== undefined) ?? ''));
  }
}
