import type { AbsolutePath, Window } from '@stormpulse/plugin-api';
import type { Contributions } from '@stormpulse/plugin-api/internal';
import { numberOf } from './args.ts';
import { childExec } from './child-members.ts';
import type { Args, Rpc } from './rpc.ts';

/** What it found, and at once what that says. */
export async function investigate(declared: Contributions, args: Args, signal: AbortSignal, rpc: Rpc): Promise<object> {
  const found = declared.investigations.find(({ id }) => id === args['id']);
  if (found === undefined) throw new Error('it has no such investigation');
  const window = args['window'] as Window;
  const evidence = await found.spec.gather(window, { exec: childExec(rpc, signal), signal });
  return { evidence, reports: found.spec.judge(evidence, window) };
}

/** What it detected, and at once what it asks then. */
export async function detectWizard(declared: Contributions, args: Args, signal: AbortSignal, rpc: Rpc): Promise<object> {
  const found = declared.wizards[numberOf(args['at'])];
  if (found === undefined) throw new Error('it has no such wizard');
  const { run } = args;
  const folder = args['folder'] as AbsolutePath;
  const exists = async (path: AbsolutePath): Promise<boolean> => (await rpc.call('exists', { run, path })) === true;
  const detected = await found.spec.detect({ exec: childExec(rpc, signal), exists, folder, signal });
  return { detected, questions: found.spec.questions(detected) };
}
