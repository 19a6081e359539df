import type { Exec } from './exec.ts';

/** `CLEARED`: ruled out, with evidence. `INCONCLUSIVE`: could not be seen; says what is missing and the command that would show it. */
export type Verdict = 'CLEARED' | 'IMPLICATED' | 'INCONCLUSIVE';

/** What is said of one suspect. */
export interface Report {
  readonly suspect: string;
  readonly verdict: Verdict;
  readonly evidence: readonly string[];
  readonly detail?: string;
  readonly remedy?: string;
}

/** Unix milliseconds. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

export interface InvestigationSpec<E> {
  /** Local id. */
  readonly id: string;
  readonly title: string;
  /** The incident that taught to ask. */
  readonly receipt?: string;
  /** Looks, changes nothing, asks nobody. */
  readonly gather: (window: Window, host: { readonly exec: Exec; readonly signal: AbortSignal }) => Promise<E>;
  /** Pure. Never `CLEARED` for what the evidence does not hold. */
  readonly judge: (evidence: E, window: Window) => readonly Report[];
}

/** Frozen and inert. */
export interface Investigation {
  readonly id: string;
  readonly spec: InvestigationSpec<unknown>;
}

/** Defines an investigation: what to look at after something went wrong. */
export function investigation<E>(spec: InvestigationSpec<E>): Investigation {
  return Object.freeze({ id: spec.id, spec: Object.freeze({ ...spec }) as unknown as InvestigationSpec<unknown> });
}
