import { failed } from '@stormpulse/kernel';
import type { AcceptedJob, Outcome } from '@stormpulse/kernel';
import { hideSecrets } from '@stormpulse/plugin-api/internal';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';

const STANDARD: ReadonlySet<string> = new Set(Object.keys(PAYLOAD_SCHEMAS['command.result'].properties));
const MAX_EXTRAS_CHARS = 64 * 1024;

/** Lets a job's extras through as plain JSON; those that no hub may be told turn the result into a failure that says so. */
export function withExtras(outcome: Outcome, { command, params }: AcceptedJob): Outcome {
  if (outcome.extras === undefined) return outcome;
  const refuse = (problem: string): Outcome =>
    failed('os_error', `the job ended, but its extras ${problem}`, outcome.duration_ms);
  const taken = Object.keys(outcome.extras).filter((name) => STANDARD.has(name));
  if (taken.length > 0) return refuse(`use names of the result itself: ${taken.join(', ')}`);
  try {
    const text = JSON.stringify(outcome.extras);
    if (text.length > MAX_EXTRAS_CHARS) return refuse(`have ${text.length} characters, at most ${MAX_EXTRAS_CHARS}`);
    const clean = (_name: string, value: unknown): unknown =>
      typeof value === 'string' ? hideSecrets(value, command.definition, params) : value;
    return { ...outcome, extras: JSON.parse(text, clean) as Record<string, unknown> };
  } catch {
    return refuse('are no JSON');
  }
}
