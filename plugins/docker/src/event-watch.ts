import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, EngineFacts } from './engine/engine.ts';
import { jsonLines } from './engine/json-lines.ts';

/** What events are about. */
export type Subject = 'container' | 'image' | 'volume' | 'network';

/** Those that change what is published; health checks alone make an `exec_start` every few seconds. */
const ACTIONS =
  'create start restart pause unpause stop die oom destroy rename update health_status pull load import tag untag delete prune remove'.split(
    ' ',
  );
const SUBJECTS: readonly Subject[] = ['container', 'image', 'volume', 'network'];
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

export interface EventWatchOptions {
  readonly engine: Engine;
  readonly onEvent: (subject: Subject) => void;
  /** The engine answers, for the first time or again: what it did meanwhile was not heard. */
  readonly onUp: (facts: EngineFacts) => void;
  readonly onDown: (reason: string) => void;
}

/** Listens to the engine for as long as it is wanted, across restarts of the engine. Never rejects. */
export async function watchEvents(options: EventWatchOptions, signal: AbortSignal): Promise<void> {
  const { engine, onUp, onDown } = options;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const since = Math.floor(Date.now() / 1_000);
      onUp(await engine.facts());
      failures = 0;
      await listen(options, since, signal);
      if (!signal.aborted) onDown('the engine closed its event stream');
    } catch (error) {
      if (!signal.aborted) onDown(error instanceof Error ? error.message : String(error));
    }
    await pause(failures, signal);
  }
}

async function listen({ engine, onEvent }: EventWatchOptions, since: number, signal: AbortSignal): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ type: SUBJECTS, event: ACTIONS }));
  const read = jsonLines((event) => {
    const subject = SUBJECTS.find((known) => known === (event as { readonly Type?: unknown } | null)?.Type);
    if (subject !== undefined) onEvent(subject);
  });
  await engine.stream({ path: `/events?since=${since}&filters=${filters}`, signal }, read);
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
}
