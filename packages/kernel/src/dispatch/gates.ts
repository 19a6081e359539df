import type { CommandGate, GateAnswer, GatedCommand } from '@stormpulse/plugin-api';
import { withDeadline } from '@stormpulse/plugin-api/internal';
import type { Clock } from '../ports.ts';
import type { RegisteredCommand } from '../plugins/registry.ts';

const ANSWER_MS = 5_000;

/** A gate with its plugin. */
export interface SetGate {
  readonly plugin: string;
  readonly gate: CommandGate;
}

/** Asks every gate, or every `admit` of one, at once; any denial wins. Undefined: all allow; else who denies, and why. */
export async function denial(
  gates: readonly SetGate[],
  command: RegisteredCommand,
  clock: Clock,
  requestId?: string,
): Promise<string | undefined> {
  const gated: GatedCommand = { command: command.wireName, plugin: command.plugin, effect: command.definition.effect };
  const ask = async ({ gate }: SetGate): Promise<GateAnswer> =>
    requestId === undefined ? ((await gate.admit?.(gated)) ?? { allow: true }) : await gate.allow({ ...gated, requestId });
  const answers = await Promise.all(
    gates.map(async (set): Promise<string | undefined> => {
      try {
        const answer = await withDeadline(clock, ask(set), ANSWER_MS, `the gate of plugin "${set.plugin}"`);
        return answer.allow ? undefined : `held by plugin "${set.plugin}": ${answer.reason.slice(0, 300)}`;
      } catch (error) {
        const why = (error instanceof Error ? error.message : String(error)).slice(0, 300);
        return `held, because the gate of plugin "${set.plugin}" failed: ${why}`;
      }
    }),
  );
  return answers.find((answer) => answer !== undefined);
}
