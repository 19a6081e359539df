import type { CommandGate, GateAnswer, GatedCommand } from '../gate.ts';
import { withDeadline } from './deadline.ts';
import type { Timers } from './deadline.ts';

const ANSWER_MS = 5_000;
const REASON = /^[a-z][a-z0-9_]{0,63}$/u;

/** A gate with its plugin. */
export interface SetGate {
  readonly plugin: string;
  readonly gate: CommandGate;
}

/** The denial that won. */
export interface Denial {
  readonly allow: false;
  readonly reason: string;
  readonly failureReason: string;
}

/** All allow: what ends the call, if anything does. */
export interface Leave {
  readonly allow: true;
  readonly until: readonly AbortSignal[];
}

/**
 * Which of these commands keeps all of them from running, the first by name (wire page, 8.10); `isOffered`: whether one is in the table.
 * What a gate kept out of it and would admit now counts from the next start of the agent on.
 */
export async function askAdmission(
  gates: readonly SetGate[],
  commands: readonly GatedCommand[],
  isOffered: (name: string) => boolean,
  clock: Timers,
): Promise<(Denial & { readonly command: string }) | undefined> {
  const sequence = commands.map(({ command }) => command);
  for (const gated of commands.toSorted((a, b) => (a.command < b.command ? -1 : 1))) {
    const { command } = gated;
    const answer = await askGates(gates, { ...gated, sequence }, clock);
    if (!answer.allow) return { ...answer, command };
    if (!isOffered(command)) return { allow: false, command, ...RESTART };
  }
  return undefined;
}

const RESTART = {
  reason: 'not offered since the agent started, and allowed now; restart the agent on the host',
  failureReason: 'restart_required',
} as const;

/** Asks every gate at once; any denial wins. With a request's id: `allow`; else `admit`. */
export async function askGates(
  gates: readonly SetGate[],
  command: GatedCommand & { readonly requestId?: string; readonly sequence?: readonly string[] },
  clock: Timers,
): Promise<Denial | Leave> {
  const { requestId } = command;
  const ask = async ({ gate }: SetGate): Promise<GateAnswer> =>
    requestId === undefined ? ((await gate.admit?.(command)) ?? { allow: true }) : await gate.allow({ ...command, requestId });
  const answers = await Promise.all(
    gates.map(async (set): Promise<GateAnswer> => {
      try {
        const answer = await withDeadline(clock, ask(set), ANSWER_MS, `the gate of plugin "${set.plugin}"`);
        return answer.allow ? answer : { ...answer, reason: `held by plugin "${set.plugin}": ${answer.reason.slice(0, 300)}` };
      } catch (error) {
        const why = (error instanceof Error ? error.message : String(error)).slice(0, 300);
        return { allow: false, reason: `held, because the gate of plugin "${set.plugin}" failed: ${why}` };
      }
    }),
  );
  for (const answer of answers) {
    if (answer.allow) continue;
    const { reason, failureReason = '' } = answer;
    return { allow: false, reason, failureReason: REASON.test(failureReason) ? failureReason : 'validation_failed' };
  }
  return { allow: true, until: answers.flatMap((answer) => (answer.allow && answer.until !== undefined ? [answer.until] : [])) };
}
