import type { Acceptance } from '@stormpulse/kernel';

/** What a request for one command, or a sequence of several, lets begin. */
export function accepted(
  requestId: string,
  commands: readonly string[] = ['demo_mark'],
  sequenceId: string | null = null,
): Acceptance {
  return { requestId, sequenceId, steps: commands.map((command) => ({ command, group: 'demo' })) };
}
