import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub } from '@stormpulse/hub';
import type { Hub, RunView } from '@stormpulse/hub';
import { openNonceStore } from '@stormpulse/services';
import { vi } from 'vitest';
import { createAuthority } from '../doubles/certificates.ts';
import { TerminatingProxy } from '../doubles/terminating-proxy.ts';
import { enrolV1Agent } from '../doubles/v1-agent.ts';
import type { V1Credentials } from '../doubles/v1-agent.ts';
import { PROGRAM } from './agent-process.ts';
import { HubPerson } from './hub-person.ts';

const AGENT = 'node-7';
const ANY = { host: '127.0.0.1', port: 0 };
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Our hub and our agent, each as it is, with a wire between them that a test can cut. */
export class OurHubStage {
  readonly folder: string;
  readonly person: HubPerson;
  readonly #hub: Hub;
  readonly #credentials: V1Credentials;
  readonly #wire: Server;
  #proxied: { readonly proxy: TerminatingProxy; readonly caPem: string } | undefined;
  readonly #sockets = new Set<Socket>();
  #cut = false;
  #agent: ChildProcess | undefined;

  private constructor(folder: string, hub: Hub, person: HubPerson, credentials: V1Credentials) {
    this.folder = folder;
    this.person = person;
    this.#hub = hub;
    this.#credentials = credentials;
    this.#wire = createServer((socket) => this.#forward(socket));
  }

  static async create(): Promise<OurHubStage> {
    const folder = mkdtempSync(join(tmpdir(), 'our-hub-'));
    const hub = await createHub({ stateDir: join(folder, 'hub'), agentsListen: ANY, peopleListen: ANY });
    const { token } = await hub.createToken(AGENT);
    const ca = readFileSync(join(folder, 'hub', 'ca.pem'), 'utf8');
    const credentials = await enrolV1Agent(`${hub.agentsUrl}/api/enroll/`, AGENT, token, ca);
    const stage = new OurHubStage(folder, hub, await HubPerson.signIn(hub), credentials);
    stage.#wire.listen(0, '127.0.0.1');
    await once(stage.#wire, 'listening');
    return stage;
  }

  /** Puts a proxy in the place of the wire that reads and meddles with every frame. Before `start`. */
  async terminate(): Promise<TerminatingProxy> {
    const authority = await createAuthority('proxy');
    const { cert, key, ca } = this.#credentials;
    const proxy = await TerminatingProxy.start({
      server: await authority.issue({ names: ['localhost'] }),
      hubUrl: this.#hub.agentsUrl,
      client: { cert, key, ca },
    });
    this.#proxied = { proxy, caPem: authority.caPem };
    return proxy;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Starts the agent; `commands` is TOML. */
  start(commands: string): void {
    const { cert, key, hmacKey } = this.#credentials;
    const ca = this.#proxied?.caPem ?? this.#credentials.ca;
    for (const [name, content] of Object.entries({ 'ca.pem': ca, 'agent.pem': cert, 'agent-key.pem': key, 'hmac.key': hmacKey }))
      writeFileSync(this.path(name), content, { mode: 0o600 });
    writeFileSync(this.path('stormpulse.toml'), this.#toml(commands), { mode: 0o600 });
    const hourAgo = { now: () => Date.now() - 3_600_000 };
    // Begun an hour ago: the floor of a new store (SEC-063) is behind.
    openNonceStore({ path: this.path('agent.db'), clock: hourAgo, maxAgeSeconds: 60, logger: SILENT }).close();
    const root = process.geteuid?.() === 0 ? ['--allow-root'] : [];
    this.#agent = spawn(process.execPath, ['--disable-proto=throw', PROGRAM, 'run', this.path('stormpulse.toml'), ...root], {
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', HOME: this.folder },
    });
  }

  /** Orders a command as soon as the agent has named it. */
  async order(name: string): Promise<RunView> {
    return await vi.waitFor(() => this.person.order(AGENT, name), { timeout: 20_000, interval: 50 });
  }

  /** Every connection breaks, and none is let through until `mendLinks`. */
  cutLinks(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mendLinks(): void {
    this.#cut = false;
  }

  async close(): Promise<void> {
    if (this.#agent !== undefined) {
      const ended = this.#agent.exitCode === null ? once(this.#agent, 'exit') : undefined;
      this.#agent.kill('SIGKILL');
      await ended;
    }
    this.cutLinks();
    await this.#proxied?.proxy.close();
    await new Promise((resolve) => void this.#wire.close(resolve));
    await this.#hub.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #forward(agent: Socket): void {
    if (this.#cut) {
      agent.destroy();
      return;
    }
    const hub = connect(Number(new URL(this.#hub.agentsUrl).port), '127.0.0.1');
    for (const [from, to] of [
      [agent, hub],
      [hub, agent],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => undefined);
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  #toml(commands: string): string {
    const file = (name: string): string => JSON.stringify(this.path(name));
    const port = this.#proxied?.proxy.port ?? (this.#wire.address() as AddressInfo).port;
    const [heartbeat, push] = this.#proxied === undefined ? [30, 15] : [1, 1];
    return `
[agent]
id = "${AGENT}"
pulse_token = "${String(this.#credentials.ignored['pulse_token'])}"

[dashboard]
url = "wss://localhost:${port}/ws/pulse/"
reconnect_min_seconds = 0.1
reconnect_max_seconds = 2
heartbeat_interval_seconds = ${heartbeat}

[tls]
ca_cert = ${file('ca.pem')}
client_cert = ${file('agent.pem')}
client_key = ${file('agent-key.pem')}

[auth]
hmac_secret = ${file('hmac.key')}
command_max_age_seconds = 60

[metrics]
push_interval_seconds = ${push}
collect_containers = false

[storage]
db_path = ${file('agent.db')}
${commands}`;
  }
}
