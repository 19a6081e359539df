import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cleanEnvironment, keepLog, rejectAtEnd, stopChild } from './child.ts';
import type { Children } from './child.ts';
import type { StateFolder } from './state-folder.ts';

export interface AgentProcess {
  readonly pid: number;
  /** Rejects with the end of its log when it ends without being asked to. */
  readonly died: Promise<never>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
  /** After a stop. */
  start(): void;
}

const NODE_FLAGS = ['--disable-proto=throw'];

/** The built `stormpulse` program. */
export function agentProgram(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@stormpulse/agent/package.json')), 'dist/main.js');
}

/** `stormpulse enroll`: the real exchange, with a one-time token. Rejects with what the agent said. */
export async function enroll(
  children: Children,
  folder: StateFolder,
  grant: { readonly agentsUrl: string; readonly agentId: string; readonly token: string },
): Promise<void> {
  const args = ['enroll', `${grant.agentsUrl}/api/enroll/`, grant.agentId, grant.token, '--creds-dir', folder.credentials];
  const child = spawn(process.execPath, [...NODE_FLAGS, agentProgram(), ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  children.add(child);
  const tail = keepLog(child, folder.logs.agent);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`enrollment failed:\n${tail()}`);
}

/** `stormpulse run`. `program` runs another agent in its place. */
export function startAgent(
  children: Children,
  folder: StateFolder,
  options: { readonly allowRoot: boolean; readonly program?: string | undefined },
): AgentProcess {
  const program = options.program ?? agentProgram();
  const args = [...NODE_FLAGS, program, 'run', folder.config, ...(options.allowRoot ? ['--allow-root'] : [])];
  let running: ChildProcess;
  let tell: (error: unknown) => void = () => undefined;
  const died = new Promise<never>((_, reject) => {
    tell = reject;
  });
  died.catch(() => undefined);
  const asked = new WeakSet<ChildProcess>();
  const start = (): void => {
    // Out of the terminal's group, so that at Ctrl-C it says good-bye to a hub that is still there.
    const child = spawn(process.execPath, args, {
      env: cleanEnvironment(),
      stdio: ['ignore', 'inherit', 'pipe'],
      detached: true,
    });
    running = child;
    children.add(child);
    rejectAtEnd(child, 'the agent', keepLog(child, folder.logs.agent)).catch((error: unknown) => {
      if (!asked.has(child)) tell(error);
    });
  };
  start();
  return {
    get pid() {
      return running.pid ?? -1;
    },
    died,
    async stop() {
      asked.add(running);
      await stopChild(running);
    },
    start,
  };
}

/** What `stormpulse` says to these arguments. Rejects with it when it refuses. */
export async function stormpulse(...args: readonly string[]): Promise<string> {
  const line = [...NODE_FLAGS, agentProgram(), ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, line, { env: cleanEnvironment(), timeout: 30_000 });
  return `${stdout}${stderr}`;
}
