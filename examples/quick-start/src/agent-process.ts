import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cleanEnvironment, keepLog, rejectAtEnd } from './child.ts';
import type { Children } from './child.ts';
import type { StateFolder } from './state-folder.ts';

export interface AgentProcess {
  readonly pid: number;
  /** Rejects with the end of its log when it ends. */
  readonly died: Promise<never>;
}

const NODE_FLAGS = ['--disable-proto=throw'];

/** The built `stormpulse` program. */
function agentProgram(): string {
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
  // Out of the terminal's group, so that at Ctrl-C it says good-bye to a hub that is still there.
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'inherit', 'pipe'],
    detached: true,
  });
  children.add(child);
  return { pid: child.pid ?? -1, died: rejectAtEnd(child, 'the agent', keepLog(child, folder.logs.agent)) };
}
