import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNonceStore } from '@stormpulse/services';
import { AckingHub } from '../doubles/acking-hub.ts';
import { createAuthority } from '../doubles/certificates.ts';
import { hostFile, writeMarker } from './marking-host.ts';

/** The program a host runs. */
const PROGRAM = join(import.meta.dirname, '../../../packages/agent/bundle/main.js');
const AGENT_ID = 'faulty';
const HMAC_KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const KEPT_CHARACTERS = 20_000;

export interface FaultHostOptions {
  /** Whether the hub acknowledges a result this time. */
  readonly acknowledges?: () => boolean;
  /** Where the agent keeps its state; a folder of its own when left out. */
  readonly stateDir?: string;
  readonly flags?: readonly string[];
  /** What the agent finds in its environment besides. */
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
}

/**
 * A host with one command, `mark`, that leaves a line for each time it ran, and the hub it belongs to. What ran is read from those
 * lines, never from what the agent says.
 */
export class FaultHost {
  readonly hub: AckingHub;
  readonly folder: string;
  readonly #options: FaultHostOptions;
  #agent: ChildProcess | undefined;
  #said = '';

  private constructor(folder: string, hub: AckingHub, options: FaultHostOptions) {
    this.folder = folder;
    this.hub = hub;
    this.#options = options;
  }

  static async create(options: FaultHostOptions = {}): Promise<FaultHost> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there; npm run test:faults makes it`);
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    const authority = await createAuthority();
    const hub = new AckingHub({
      server: await authority.issue({ names: ['localhost'] }),
      clientCaPem: authority.caPem,
      agentId: AGENT_ID,
      hmacKey: HMAC_KEY,
      ...(options.acknowledges === undefined ? {} : { acknowledges: options.acknowledges }),
    });
    await hub.start();
    const host = new FaultHost(folder, hub, options);
    const { cert, key } = await authority.issue({ commonName: AGENT_ID, use: 'client', uri: `urn:test:${AGENT_ID}` });
    host.#write('ca.pem', authority.caPem);
    host.#write('agent.pem', cert);
    host.#write('agent-key.pem', key);
    host.#write('hmac.key', HMAC_KEY.toString());
    writeMarker(folder);
    mkdirSync(host.stateDir, { recursive: true, mode: 0o700 });
    const database = host.#database;
    const pulseToken = '11111111-2222-4333-8444-555555555555';
    const hubAddress = `localhost:${hub.port}`;
    const file = { folder, credentials: folder, database, agentId: AGENT_ID, pulseToken, hub: hubAddress };
    host.#write('stormpulse.toml', hostFile(file));
    host.#ageNonceStore();
    return host;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  get stateDir(): string {
    return this.#options.stateDir ?? this.path('state');
  }

  /** How often the command of each label ran. */
  marks(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const label of readFileSync(this.path('marks'), 'utf8').split('\n')) {
      if (label !== '') counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    return counts;
  }

  /** What the agent printed last. */
  get said(): string {
    return this.#said;
  }

  get agentPid(): number {
    return this.#agent?.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#agent !== undefined && this.#agent.exitCode === null && this.#agent.signalCode === null;
  }

  start(): void {
    const root = process.geteuid?.() === 0 ? ['--allow-root'] : [];
    const { flags = [], env: more } = this.#options;
    const argv = ['--disable-proto=throw', PROGRAM, 'run', this.path('stormpulse.toml'), ...root, ...flags];
    const env = { PATH: '/usr/bin:/bin', HOME: this.folder, STORMPULSE_LOG_LEVEL: 'info', ...more?.(this.folder) };
    const agent = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [agent.stdout, agent.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-KEPT_CHARACTERS);
      });
    }
    this.#agent = agent;
  }

  /** Ends the agent and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#agent === undefined || !this.isRunning) return;
    const gone = once(this.#agent, 'close');
    this.#agent.kill(signal);
    await gone;
  }

  async close(): Promise<void> {
    await this.end();
    await this.hub.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(name: string, text: string): void {
    writeFileSync(this.path(name), text, { mode: 0o600 });
  }

  get #database(): string {
    return join(this.stateDir, 'stormpulse.db');
  }

  /** A store begun an hour ago, so that the floor of a new one (SEC-063) is behind. */
  #ageNonceStore(): void {
    const hourAgoMs = Date.now() - 3_600_000;
    openNonceStore({ path: this.#database, clock: { now: () => hourAgoMs }, maxAgeSeconds: 60, logger: SILENT }).close();
  }
}
