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
import { vi } from 'vitest';
import { createAuthority } from '../doubles/certificates.ts';
import { TerminatingProxy } from '../doubles/terminating-proxy.ts';
import { enrolV1Agent } from '../doubles/v1-agent.ts';
import type { V1Credentials } from '../doubles/v1-agent.ts';
import { PROGRAM } from './agent-process.ts';
import { beginNonceStore, hostToml, runArguments, writeCredentials } from './host-on-disk.ts';
import { HubPerson } from './hub-person.ts';
import { PATIENT } from './patience.ts';

const AGENT = 'node-7';
const ANY = { host: '127.0.0.1', port: 0 };

/** Our hub and our agent, each as it is, with a wire between them that a test can cut. Both can go and come back. */
export class OurHubStage {
  readonly folder = mkdtempSync(join(tmpdir(), 'our-hub-'));
  readonly #wire: Server;
  #proxied: { readonly proxy: TerminatingProxy; readonly caPem: string } | undefined;
  readonly #sockets = new Set<Socket>();
  #hub: Hub | undefined;
  #person: HubPerson | undefined;
  #credentials: V1Credentials | undefined;
  #cut = false;
  #agent: ChildProcess | undefined;

  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
    this.#wire = createServer((socket) => this.#forward(socket));
  }

  /** `program`: the agent's, when it is another than the one of this repository. */
  static async create(program = PROGRAM): Promise<OurHubStage> {
    const stage = new OurHubStage(program);
    await stage.startHub();
    const { token } = await stage.#running.createToken(AGENT);
    const ca = readFileSync(stage.path('hub/ca.pem'), 'utf8');
    stage.#credentials = await enrolV1Agent(`${stage.#running.agentsUrl}/api/enroll/`, AGENT, token, ca);
    stage.#wire.listen(0, '127.0.0.1');
    await once(stage.#wire, 'listening');
    return stage;
  }

  get person(): HubPerson {
    if (this.#person === undefined) throw new Error('the hub was never started');
    return this.#person;
  }

  /** Puts a proxy in the place of the wire that reads and meddles with every frame. Before `start`. */
  async terminate(): Promise<TerminatingProxy> {
    const authority = await createAuthority('proxy');
    const { cert, key, ca } = this.#enrolled;
    const proxy = await TerminatingProxy.start({
      server: await authority.issue({ names: ['localhost'] }),
      hubUrl: this.#running.agentsUrl,
      client: { cert, key, ca },
    });
    this.#proxied = { proxy, caPem: authority.caPem };
    return proxy;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The hub on the state it left; behind the wire it may have another port. */
  async startHub(): Promise<void> {
    this.#hub = await createHub({ stateDir: this.path('hub'), agentsListen: ANY, peopleListen: ANY });
    this.#person = await HubPerson.signIn(this.#hub);
  }

  async stopHub(): Promise<void> {
    await this.#hub?.close();
    this.#hub = undefined;
  }

  /** Writes the host's files and starts the agent; `commands` is TOML. */
  start(commands: string): void {
    const credentials = this.#enrolled;
    writeCredentials(this.folder, { ...credentials, ca: this.#proxied?.caPem ?? credentials.ca });
    const port = this.#proxied?.proxy.port ?? (this.#wire.address() as AddressInfo).port;
    const [heartbeat, push] = this.#proxied === undefined ? [30, 15] : [1, 1];
    const toml = hostToml({
      agentId: AGENT,
      pulseToken: String(credentials.ignored['pulse_token']),
      hub: `localhost:${port}`,
      credentials: this.folder,
      database: this.path('agent.db'),
      heartbeat,
      push,
      tables: commands,
    });
    writeFileSync(this.path('stormpulse.toml'), toml, { mode: 0o600 });
    beginNonceStore(this.path('agent.db'));
    this.startAgain();
  }

  /** Starts the agent on the files that are there. */
  startAgain(): void {
    this.#agent = spawn(process.execPath, runArguments(this.#program, this.path('stormpulse.toml')), {
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', HOME: this.folder },
    });
  }

  /** With SIGKILL; it is gone when this resolves. */
  async kill(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    const gone = once(agent, 'exit');
    agent.kill('SIGKILL');
    await gone;
  }

  /** Orders a command as soon as the agent has named it. */
  async order(name: string, params: Readonly<Record<string, string>> = {}, confirm?: string): Promise<RunView> {
    return await vi.waitFor(() => this.person.order(AGENT, name, params, confirm), PATIENT);
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
    await this.kill();
    this.cutLinks();
    await this.#proxied?.proxy.close();
    await new Promise((resolve) => void this.#wire.close(resolve));
    await this.stopHub();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #enrolled(): V1Credentials {
    if (this.#credentials === undefined) throw new Error('nobody is enrolled');
    return this.#credentials;
  }

  get #running(): Hub {
    if (this.#hub === undefined) throw new Error('the hub does not run');
    return this.#hub;
  }

  #forward(agent: Socket): void {
    if (this.#cut || this.#hub === undefined) {
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
}
