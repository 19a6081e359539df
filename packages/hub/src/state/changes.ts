import type { EventRow } from '../storage/event-store.ts';

/** A committed change that somebody may look at. The change is a wake-up; the store holds the truth (hub page, section 4). */
export type Change =
  | { readonly kind: 'agent'; readonly agentId: string }
  | {
      readonly kind: 'run';
      readonly runId: string;
      /** True when its result is here: somebody waits for that. */
      readonly answered?: boolean;
    }
  | {
      readonly kind: 'output';
      readonly runId: string;
      readonly agentId: string;
      readonly stream: 'stdout' | 'stderr';
      /** How many characters of that stream came before. */
      readonly at: number;
      readonly text: string;
    }
  /** What its plugins declare is another. */
  | { readonly kind: 'manifest'; readonly agentId: string }
  | { readonly kind: 'event'; readonly agentId: string; readonly event: EventRow }
  | { readonly kind: 'login-ended'; readonly login: string };

/** The in-process bus. */
export interface Changes {
  publish(change: Change): void;
  /** Returns its own undo. */
  subscribe(listener: (change: Change) => void): () => void;
}

export function createChanges(): Changes {
  const listeners = new Set<(change: Change) => void>();
  return {
    publish(change) {
      for (const listener of listeners) listener(change);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
