import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { freePorts } from './free-port.ts';
import { signIn } from './people-api.ts';
import { STEPS } from './rehearsal.ts';
import { withStack } from './stack.ts';
import type { Stack } from './stack.ts';

const INTERRUPTED = 130;

/** The whole pass, by default on its own ports and in a folder of its own, so that it neither meets nor disturbs a running `npm start`. */
export async function once(options: Arguments, stop: AbortSignal, say: (text: string) => void): Promise<number> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), 'stormpulse-once-')));
  const removeState = async (): Promise<void> => {
    if (options.state === undefined) await rm(state, { recursive: true, force: true });
  };
  say(`State of this pass: ${state}`);
  const choosePorts = () => freePorts(options, say);
  const missed = await withStack({ state, choosePorts, program: options.agent, stop, say }, (stack) => rehearse(stack, say));
  if (missed === undefined) {
    await removeState();
    say('\nStopped before the end of the pass.');
    return INTERRUPTED;
  }
  if (missed.length > 0) {
    const titles = missed.map((title) => `  - ${title}`).join('\n');
    say(`\n${missed.length} of ${STEPS.length} did not hold:\n${titles}\nThe state is kept in ${state}`);
    return 1;
  }
  await removeState();
  say(`\nAll ${STEPS.length} steps held.`);
  return 0;
}

/** The titles of the steps that did not hold. */
async function rehearse(stack: Stack, say: (text: string) => void): Promise<readonly string[]> {
  const api = await signIn(await stack.hub.ask({ op: 'setup-link' }));
  const missed: string[] = [];
  for (const [index, step] of STEPS.entries()) {
    const label = `${String(index + 1).padStart(2)}. ${step.title}`;
    try {
      const shown = await Promise.race([step.show({ ...stack, api }), stack.hub.died, stack.agent.died]);
      say(`  ok   ${label}\n          ${shown}`);
    } catch (error) {
      missed.push(step.title);
      say(`  MISS ${label}\n          ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return missed;
}
