import type { RunView } from '../api/types.ts';

/** Colour is never alone: the styles give each tone its shape too (hub page, section 11.7). */
export type Tone = 'ok' | 'warn' | 'bad' | 'unknown' | 'wait';

export interface Words {
  readonly tone: Tone;
  readonly word: string;
  readonly meaning: string;
}

export interface RunWords extends Words {
  /** Nothing more is expected; `unknown` can still be corrected by a late result. */
  readonly ended: boolean;
}

const STATES: Readonly<Record<string, RunWords>> = {
  awaiting_approval: waiting('waits for approval', 'Somebody else has to agree before it is sent.'),
  awaiting_cosign: waiting('waits for a signature', 'An operator key has to sign it before it is sent.'),
  held: waiting('held', 'It waits for its turn in the roll-out.'),
  queued: waiting('queued', 'Signed when it is sent, after what is already open on this host.'),
  waiting_host: waiting(
    'waits for the host',
    'The host is not connected; it is sent when it comes back, if it is not too old by then.',
  ),
  sending: waiting('sending', 'On its way to the host.'),
  sent: waiting('sent', 'The host has it; no answer yet.'),
  running: waiting('running', 'The host works on it.'),
  paused: waiting('paused', 'Stopped between hosts until somebody goes on.'),
  succeeded: { tone: 'ok', word: 'succeeded', meaning: 'The host ran it and it ended well.', ended: true },
  failed: { tone: 'bad', word: 'failed', meaning: 'The host answered that it did not succeed.', ended: true },
  partly_failed: { tone: 'bad', word: 'partly failed', meaning: 'Some hosts succeeded, some did not.', ended: true },
  refused: { tone: 'bad', word: 'refused', meaning: 'Nothing ran.', ended: true },
  interrupted: { tone: 'bad', word: 'interrupted', meaning: 'It was stopped on the host before it ended.', ended: true },
  cancelled: { tone: 'warn', word: 'cancelled', meaning: 'Somebody stopped it.', ended: true },
  skipped: { tone: 'warn', word: 'skipped', meaning: 'It was never sent.', ended: true },
  expired: { tone: 'warn', word: 'expired', meaning: 'It waited too long and was never sent.', ended: true },
  stale: { tone: 'warn', word: 'stale', meaning: 'The command changed on the host; it was never sent.', ended: true },
  unknown: {
    tone: 'unknown',
    word: 'unknown',
    meaning: 'No answer came: it may have run. It is never sent again; a late result corrects this.',
    ended: true,
  },
};

const REASONS: Readonly<Record<string, string>> = {
  validation_failed: 'The host does not allow this command with these parameters. Check them against the hints of the form.',
  not_found: 'The program this command names is not on the host.',
  os_error: "The host could not start it. Check the program's mode, the agent's user and the working folder.",
  timeout: 'It ran longer than the host allows and was stopped.',
  exit_code: 'The program ended with an error code. Its own output below says why.',
  signoff_sealed: 'The hatch is sealed. Only the operator of the host can open it, on the host.',
  restart_required: 'The hatch was opened after the agent started. Restart the agent on the host.',
  agent_overloaded: 'The host has too much open work. It did not run; try again in a moment.',
  interrupted: 'The agent ended while it had this command. It may be done in part: look at the host before you send it again.',
  cancelled: 'It was stopped before it ended, or taken back before it began.',
  refused: 'The host refused it. Its event below names the check.',
};

/** Words for a run's or target's state (hub page, section 7.1). A state this page does not know is shown as it came. */
export function runWords(state: string): RunWords {
  return (
    (Object.hasOwn(STATES, state) ? STATES[state] : undefined) ?? {
      tone: 'unknown',
      word: state,
      meaning: 'The hub names a state this page does not know.',
      ended: false,
    }
  );
}

/** What a `failure_reason` means and what to do; unknown ones are opaque (wire page, section 8), so null. */
export function reasonMeaning(reason: string): string | null {
  return (Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined) ?? null;
}

/** One sentence for a live region: what ran, where, and how it stands. */
export function runSentence(run: RunView): string {
  const { word } = runWords(run.state);
  const exit = run.target?.result?.exit_code;
  return `${run.command} on ${run.agent}: ${word}${typeof exit === 'number' ? `, exit code ${exit}` : ''}`;
}

/** Whether the page offers to cancel it: one that was not sent yet the hub drops, another needs an agent that can. */
export function isCancellable(run: RunView, features: readonly string[]): boolean {
  if (typeof run.target?.request_id !== 'string' || run.command === 'agent_cancel') return false;
  return run.state === 'queued' || (['sent', 'running'].includes(run.state) && features.includes('command.cancel'));
}

function waiting(word: string, meaning: string): RunWords {
  return { tone: 'wait', word, meaning, ended: false };
}
