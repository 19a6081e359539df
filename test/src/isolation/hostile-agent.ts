import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IsolationLimits } from '@stormpulse/services/isolation';
import type { StageLook } from './hostile-stage.ts';
import { REPOSITORY } from './plugin-file.ts';

const PROGRAM = join(REPOSITORY, 'test/dist/isolation/hostile-stage.js');

/** `command.result`, as the hub gets it. */
export interface OrderResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly failure_reason: string | null;
}

/** An agent in a process of its own, with hostile plugins, seen from outside. */
export class HostileAgent {
  readonly folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  readonly canary = join(this.folder, 'canary');
  /** In the agent's environment, and nowhere else. */
  readonly secret = `secret-of-the-agent-${Math.random()}`;
  readonly #server: Server;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (value: unknown) => void>();
  #lastId = 0;

  private constructor(server: Server, isolation: string, plugins: readonly string[], limits: Partial<IsolationLimits>) {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there; build first: npm run build`);
    writeFileSync(this.canary, 'canary-bird');
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    const given = { isolation, plugins, limits, config: { canary: this.canary, port, agentPid: 0 } };
    this.#child = fork(PROGRAM, [JSON.stringify(given)], {
      env: { PATH: process.env['PATH'], SECRET: this.secret },
      execArgv: [],
    });
    this.#child.on('message', ({ id, value }: { id: number; value: unknown }) => this.#waiting.get(id)?.(value));
  }

  static async start(
    isolation: string,
    plugins: readonly string[],
    limits: Partial<IsolationLimits> = {},
  ): Promise<HostileAgent> {
    const server = createServer((socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new HostileAgent(server, isolation, plugins, limits);
    await new Promise((resolve, reject) => {
      agent.#waiting.set(0, resolve);
      agent.#child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
    });
    return agent;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async order(command: string): Promise<OrderResult> {
    return (await this.#ask({ order: command })) as OrderResult;
  }

  async look(): Promise<StageLook> {
    return (await this.#ask({ look: true })) as StageLook;
  }

  /** Ends in order; the pids of what is left of it. */
  async close(): Promise<void> {
    const gone = this.isAlive ? once(this.#child, 'exit') : Promise.resolve();
    if (this.isAlive) await Promise.race([this.#ask({ close: true }), gone]);
    await gone;
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ask(request: object): Promise<unknown> {
    const id = (this.#lastId += 1);
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ ...request, id }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }
}
