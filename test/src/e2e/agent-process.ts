import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../doubles/certificates.ts';
import type { CertificateSpec } from '../doubles/certificates.ts';
import { V1Hub } from '../doubles/v1-hub.ts';
import type { V1HubOptions } from '../doubles/v1-hub.ts';
import { beginNonceStore, hostToml, runArguments, writeCredentials } from './host-on-disk.ts';

/** The program a host runs: the bundle that `npm test` makes of the build, or what the build left. */
export const PROGRAM = process.env['TESTED_AGENT'] ?? join(import.meta.dirname, '../../../packages/agent/dist/main.js');

/** The agent under test as a process, with everything it wrote. */
export interface AgentProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Exit code and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  readonly log: () => string;
}

/** A host with credentials and a `stormpulse.toml`, and a v1 hub it belongs to. */
export class HostStage {
  readonly folder: string;
  readonly hub: V1Hub;
  readonly agentId = 'node-7';
  readonly hmacKey: Buffer;
  readonly #agents: AgentProcess[] = [];

  private constructor(folder: string, hub: V1Hub, hmacKey: Buffer) {
    this.folder = folder;
    this.hub = hub;
    this.hmacKey = hmacKey;
  }

  /** `server` says what is wrong with the hub's certificate. */
  static async create(server: CertificateSpec = {}, more: Partial<V1HubOptions> = {}): Promise<HostStage> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there; build first: npm run build`);
    const folder = mkdtempSync(join(tmpdir(), 'host-'));
    const authority = await createAuthority();
    const options: V1HubOptions = {
      server: await authority.issue({ names: ['localhost'], ...server }),
      clientCaPem: authority.caPem,
      agentId: 'node-7',
      hmacKey: Buffer.from('0123456789abcdef0123456789abcdef'),
      ...more,
    };
    const stage = new HostStage(folder, await V1Hub.start(options), options.hmacKey);
    const pair = await authority.issue({ commonName: 'node-7', use: 'client', uri: 'urn:test:node-7' });
    writeCredentials(folder, { ca: authority.caPem, hmacKey: options.hmacKey, ...pair });
    beginNonceStore(stage.path('stormpulse.db'));
    return stage;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The host's file, each `[what, by]` of `edits` replaced. */
  configure(...edits: readonly (readonly [what: string, by: string])[]): void {
    const text = edits.reduce((toml, [what, by]) => toml.replace(what, () => by), this.#toml(''));
    writeFileSync(this.path('stormpulse.toml'), text, { mode: 0o600 });
  }

  /** Starts the agent; `commands` is TOML, `through` a program with arguments that becomes the agent. */
  start(commands = '', through: readonly string[] = []): AgentProcess {
    writeFileSync(this.path('stormpulse.toml'), this.#toml(commands), { mode: 0o600 });
    return this.launch(through);
  }

  /** Starts the agent on the `stormpulse.toml` that is there. */
  launch(through: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): AgentProcess {
    const [file = '', ...args] = [...through, process.execPath, ...runArguments(PROGRAM, this.path('stormpulse.toml'))];
    const child = spawn(file, args, {
      // The fourth is what a shell may have left open.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', HOME: this.folder, STORMPULSE_LOG_LEVEL: 'debug', ...environment },
    });
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const agent = { child, pid: child.pid ?? -1, ended, log: () => chunks.join('') };
    this.#agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    for (const { child } of this.#agents) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(this.#agents.map(({ ended }) => ended));
    await this.hub.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #toml(commands: string): string {
    return hostToml({
      agentId: this.agentId,
      pulseToken: '11111111-2222-4333-8444-555555555555',
      hub: new URL(this.hub.url).host,
      credentials: this.folder,
      database: this.path('stormpulse.db'),
      reconnect: [0.1, 2],
      tables: commands,
    });
  }
}

/** One `[commands.NAME]` table. */
export function command(name: string, argv: readonly string[], more = ''): string {
  return `
[commands.${name}]
group = "demo"
command = ${JSON.stringify(argv)}
timeout = 60
${more}`;
}
