import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { cleanEnvironment, keepTail, stopChild } from './child.ts';
import type { StateFolder } from './state-folder.ts';

export interface AgentProcess {
  readonly pid: number;
  /** Rejects with the end of its log when it ends by itself. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

/** The built `stormpulse` program. */
function agentProgram(): string {
  return createRequire(import.meta.url).resolve('@stormpulse/agent');
}

const NODE_FLAGS = ['--disable-proto=throw'];

/** `stormpulse enroll`: the real exchange, with a one-time token. Rejects with what the agent said. */
export async function enroll(folder: StateFolder, agentsUrl: string, token: string): Promise<void> {
  const args = ['enroll', `${agentsUrl}/api/enroll/`, folder.agentId, token, '--creds-dir', folder.credentials];
  const child = spawn(process.execPath, [...NODE_FLAGS, agentProgram(), ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const tail = keepTail(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`enrollment failed:\n${tail()}`);
}

/** `stormpulse run`. `program` runs another agent in its place. */
export function startAgent(
  folder: StateFolder,
  options: { readonly allowRoot: boolean; readonly program?: string | undefined },
): AgentProcess {
  const args = [
    ...NODE_FLAGS,
    options.program ?? agentProgram(),
    'run',
    folder.config,
    ...(options.allowRoot ? ['--allow-root'] : []),
  ];
  const child: ChildProcess = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'inherit', 'pipe'],
    detached: true,
  });
  const tail = keepTail(child);
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the agent ended with code ${code}:\n${tail()}`)));
  });
  died.catch(() => undefined);
  return { pid: child.pid ?? -1, died, stop: () => stopChild(child) };
}
