import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { ProgramCheck } from '@stormpulse/kernel';

/** SEC-100, looked at through the link: a program that others than its owner can change is not what the operator allowed. */
export function createProgramCheck(options: { readonly agentUid: number; readonly systemMode: boolean }): ProgramCheck {
  return {
    problemWith(file) {
      const stat = look(file);
      if (stat === undefined) return undefined;
      if (typeof stat === 'string')
        return {
          reason: 'not_a_program',
          problem: `${file} cannot be looked at (${stat})`,
          fix: "correct the path, or let the agent's user search the folders above it",
        };
      if (!stat.isFile())
        return { reason: 'not_a_program', problem: `${file} is not a regular file`, fix: 'name the program itself' };
      const others = (stat.mode & 0o022) !== 0;
      // In user mode the agent and the operator are one user (D1).
      const agents = options.systemMode && options.agentUid !== 0 && stat.uid === options.agentUid && (stat.mode & 0o200) !== 0;
      if (!others && !agents) return undefined;
      return {
        reason: 'writable_program',
        problem: `${file} can be changed by ${others ? 'its group or by everybody' : "the agent's own user"}`,
        fix: others
          ? `run: chmod go-w ${file} — or write allow = ["writable_program"] in this section`
          : `run: chown root ${file} — or write allow = ["writable_program"] in this section`,
      };
    },
  };
}

/** What is there; undefined when nothing is; the system's code when it does not tell. */
function look(file: string): Stats | string | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}
