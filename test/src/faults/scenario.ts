import type { Random } from './random.ts';

/** What a scenario is told. */
export interface ScenarioContext {
  readonly random: Random;
  /** How often the fault strikes; scenarios with a fault of their own size leave it. */
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/** What happened, counted, and what must not have. */
export interface Verdict {
  /** Printed as they are, in order. */
  readonly counts: Readonly<Record<string, number | string>>;
  /** Empty: it held. */
  readonly broken: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** One line for a person. */
  readonly what: string;
  /** Rounds when none are asked for. */
  readonly rounds: number;
  run(context: ScenarioContext): Promise<Verdict>;
}

/** Waits: the moment of a fault, never the sign that something is done. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Resolves once `holds` does, asked every 50 ms; false after `ms`. */
export async function eventually(holds: () => boolean, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > until) return false;
    await pause(50);
  }
  return true;
}
