import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { HubPerson } from '../e2e/hub-person.ts';

const PROGRAM = join(import.meta.dirname, '../../../packages/hub/dist/main.js');
const STARTED_MS = 20_000;

/** The hub as a process of its own, which comes back on its ports with the state it had. */
export class RealHub {
  readonly #stateDir: string;
  #child: ChildProcess | undefined;
  #agentsListen = '127.0.0.1:0';
  #peopleListen = '127.0.0.1:0';
  #setupLink = '';

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  get agentsAddress(): string {
    return this.#agentsListen.replace('127.0.0.1', 'localhost');
  }

  async start(): Promise<void> {
    const argv = [PROGRAM, 'run', '--state', this.#stateDir, '--agents-listen', this.#agentsListen];
    const child = spawn(process.execPath, [...argv, '--people-listen', this.#peopleListen], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    const timer = setTimeout(() => child.kill('SIGKILL'), STARTED_MS);
    for await (const line of lines) {
      const agents = /^agents +https:\/\/[^:]+:(\d+)/u.exec(line);
      if (agents !== null) this.#agentsListen = `127.0.0.1:${agents[1]}`;
      const people = /^people +(http:\/\/([^/]+)\/\S*)/u.exec(line);
      if (people === null) continue;
      this.#setupLink = people[1] ?? '';
      this.#peopleListen = people[2] ?? '';
      clearTimeout(timer);
      return;
    }
    clearTimeout(timer);
    throw new Error('the hub did not start');
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async signIn(): Promise<HubPerson> {
    const link = this.#setupLink;
    return await HubPerson.signIn({ peopleUrl: `http://${this.#peopleListen}`, setupLink: () => Promise.resolve(link) });
  }

  /** What `stormpulse-hub token` prints for a new agent. */
  async token(agentId: string): Promise<{ readonly endpoint: string; readonly token: string; readonly pulseToken: string }> {
    const child = spawn(process.execPath, [PROGRAM, 'token', agentId, '--state', this.#stateDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    await once(child, 'close');
    const [, endpoint = '', token = ''] = /^stormpulse enroll (\S+) \S+ (\S+)$/mu.exec(said) ?? [];
    const [, pulseToken = ''] = /pulse_token = "([^"]+)"/u.exec(said) ?? [];
    if (pulseToken === '') throw new Error(`the hub gave no token: ${said}`);
    return { endpoint, token, pulseToken };
  }
}
