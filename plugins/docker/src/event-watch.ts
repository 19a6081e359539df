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
/** One that ended a stream sooner is believed only after it has listened to us for as long. */
const PROBATION_MS = 2_000;

export interface EventWatchOptions {
  readonly engine: Engine;
  readonly onEvent: (subject: Subject) => void;
  /** The engine answers, for the first time or again. */
  readonly onUp: (facts: EngineFacts) => void;
  readonly onDown: (reason: string) => void;
  /** Its events are heard from now on: what it did meanwhile was not. */
  readonly onHearing: () => void;
  /** It answers, but tells no events. */
  readonly onDeaf: (reason: string) => void;
}

/** Listens to the engine for as long as it is wanted, across restarts of the engine. Never rejects. */
export async function watchEvents(options: EventWatchOptions, signal: AbortSignal): Promise<void> {
  const { engine, onUp, onDown } = options;
  let failures = 0;
  let heardMs = PROBATION_MS;
  while (!signal.aborted) {
    const since = Math.floor(Date.now() / 1_000);
    // Another engine may be there, which speaks another version.
    const facts = await engine.factsAnew().catch((error: unknown) => {
      if (!signal.aborted) onDown(reasonOf(error));
    });
    if (facts !== undefined) {
      onUp(facts);
      heardMs = await hear(options, since, heardMs < PROBATION_MS ? PROBATION_MS : 0, signal);
      // One that ends each stream at once is asked ever less often, as one that is away is.
      if (heardMs > LONGEST_DELAY_MS) failures = 0;
    }
    await pause(failures, signal);
    failures += 1;
  }
}

/** Listens until that ends; for how long it was. */
async function hear(options: EventWatchOptions, since: number, probationMs: number, signal: AbortSignal): Promise<number> {
  const begun = process.hrtime.bigint();
  const heard = setTimeout(options.onHearing, probationMs);
  heard.unref();
  try {
    await listen(options, since, signal);
    if (!signal.aborted) options.onDeaf('the engine closed its event stream');
  } catch (error) {
    if (!signal.aborted) options.onDeaf(reasonOf(error));
  } finally {
    clearTimeout(heard);
  }
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function listen({ engine, onEvent }: EventWatchOptions, since: number, signal: AbortSignal): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ type: SUBJECTS, event: ACTIONS }));
  const read = jsonLines((event) => {
    const subject = SUBJECTS.find((known) => known === (event as { readonly Type?: unknown } | null)?.Type);
    if (subject !== undefined) onEvent(subject);
  });
  await engine.stream({ path: `/events?since=${since}&filters=${filters}`, signal }, (piece) => read.push(piece));
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
}
