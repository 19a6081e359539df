import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub } from '@stormpulse/hub';
import type { Hub, HubOptions } from '@stormpulse/hub';
import { expect, vi } from 'vitest';
import { HubPerson } from '../e2e/hub-person.ts';
import { SystemdHost } from './systemd-host.ts';

const ANY = { host: '127.0.0.1', port: 0 };
const PATIENT = { timeout: 60_000, interval: 100 };

/** What a test with a host has at its start. */
export interface HostParts {
  readonly host: SystemdHost;
  readonly hub: Hub;
  readonly person: HubPerson;
  /** Of this machine, for what is made for the host. */
  readonly folder: string;
}

/** A host with systemd, and a hub on this machine with a person signed in. */
export class HostWithHub {
  readonly host: SystemdHost;
  readonly hub: Hub;
  readonly person: HubPerson;
  protected readonly folder: string;

  protected constructor({ host, hub, person, folder }: HostParts) {
    this.host = host;
    this.hub = hub;
    this.person = person;
    this.folder = folder;
  }

  /** Starts both, and gives what `make` makes of them once `install` is done; nothing is left of what fails. */
  protected static async set<T extends HostWithHub>(
    make: (parts: HostParts) => T,
    install: (made: T) => Promise<void>,
    options: Omit<HubOptions, 'stateDir'> = {},
  ): Promise<T> {
    const host = await SystemdHost.start();
    const folder = mkdtempSync(join(tmpdir(), 'real-host-'));
    const hub = await createHub({ stateDir: join(folder, 'hub'), agentsListen: ANY, peopleListen: ANY, ...options });
    const made = make({ host, hub, person: await HubPerson.signIn(hub), folder });
    try {
      await install(made);
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  async remove(): Promise<void> {
    await this.host.remove();
    await this.hub.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whether the hub has a connection of that agent. */
  async linked(agentId: string, isLinked = true): Promise<void> {
    await this.until(() => expect(this.hub.gateway.link(agentId) !== undefined).toBe(isLinked));
  }

  /** Looks again until it holds; what the host's journal has to say belongs to a failure here. */
  async until(check: () => void | Promise<void>): Promise<void> {
    await vi.waitFor(check, PATIENT).catch(async (error: unknown) => {
      const { stdout } = await this.host.try('journalctl', '--no-pager', '-n', '60');
      throw new Error(`${String(error)}\n${stdout}`);
    });
  }
}
