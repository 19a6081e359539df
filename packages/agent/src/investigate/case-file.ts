/** `CLEARED`: ruled out by what was seen, and all of it was seen. `INCONCLUSIVE`: not seen, or not all of it. */
export type Verdict = 'CLEARED' | 'IMPLICATED' | 'INCONCLUSIVE';

/** What became of one suspect. */
export interface Report {
  readonly suspect: string;
  readonly verdict: Verdict;
  /** What was seen, or what is missing. */
  readonly evidence: string;
  readonly detail?: string;
  /** A command that helps: against the fault, or to see what could not be seen. */
  readonly remedy?: string;
}

/** Why not all was seen, and a command that would show it. */
export interface Unseen {
  readonly why: string;
  readonly command: string;
}

/** Unix milliseconds. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

export interface CaseFile {
  readonly investigation: string;
  readonly title: string;
  /** The kind of incident that it was made for. */
  readonly receipt: string;
  readonly window: Window;
  readonly reports: readonly Report[];
  readonly nextMoves: readonly string[];
  readonly openQuestions: readonly string[];
}

/** Rules a suspect out, unless part of the window was not seen: then it says what is missing, and how to see it. */
export function clearedIfSeen(suspect: string, evidence: string, unseen: Unseen | undefined): Report {
  if (unseen === undefined) return { suspect, verdict: 'CLEARED', evidence };
  return { suspect, verdict: 'INCONCLUSIVE', evidence: `${unseen.why}; in what was seen: ${evidence}`, remedy: unseen.command };
}
