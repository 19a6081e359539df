import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import { defineError, isAgentError, periodMs } from '@stormpulse/plugin-api';
import type { AgentError, Trigger } from '@stormpulse/plugin-api';
import type { CollectorDefinition, V1Signoff } from '@stormpulse/plugin-api/internal';
import type { Clock, CollectedState, CollectorReader, CollectorService, EventLog } from '@stormpulse/kernel';
import { changeReads } from './change-reads.ts';
import type { ChangeReads } from './change-reads.ts';
import { deadline } from './deadline.ts';
import { integrationReport } from './integration-report.ts';

export const CollectTimeout = defineError<{ plugin: string; collector: string; ms: number }>(
  'E_COLLECT_TIMEOUT',
  'deadline_exceeded',
  'plugin',
  (d) => `collector "${d.plugin}.${d.collector}" took longer than ${d.ms} ms`,
);
export const CollectShape = defineError<{ plugin: string; collector: string; path: string }>(
  'E_COLLECT_SHAPE',
  'internal',
  'plugin',
  (d) => `collector "${d.plugin}.${d.collector}" returned state its own schema does not allow, at ${d.path}`,
);
export const CollectFailed = defineError<{ plugin: string; collector: string; message: string }>(
  'E_COLLECT_FAILED',
  'internal',
  'plugin',
  (d) => `collector "${d.plugin}.${d.collector}" failed: ${d.message}`,
);

export const CollectUnknown = defineError<{ plugin: string; collector: string }>(
  'E_COLLECT_UNKNOWN',
  'not_found',
  'plugin',
  (d) => `plugin "${d.plugin}" has no collector "${d.collector}" that runs; a job's rereads name collectors of its own plugin`,
);

type Only = ReadonlySet<string> | undefined;
type Detector = NonNullable<CollectorDefinition['detector']>;

const DEFAULT_TIMEOUT_MS = 5_000;
const FAILED_AGAIN_MS = 30_000;

interface Collecting {
  readonly plugin: string;
  readonly definition: CollectorDefinition;
  readonly report: (error: AgentError | undefined) => void;
  current: CollectedState | undefined;
  running: Promise<unknown> | undefined;
  /** `collect` has not returned, though its cycle may have timed out. */
  busy: boolean;
  /** Readings in a row. */
  failures: number;
  cancel: () => void;
  /** Ends the cycle that runs, with its timer. */
  abandon: (reason: Error) => void;
  /** What its plugin says has changed. */
  readonly changes: ChangeReads;
}

/** One that is read seldom is not in trouble for as long when a reading failed. */
function againAfter({ failures }: Collecting): number {
  return FAILED_AGAIN_MS * 2 ** (failures - 1);
}

function timeoutOf({ timeout }: CollectorDefinition): number {
  return timeout === undefined ? DEFAULT_TIMEOUT_MS : periodMs(timeout);
}

/** Asks a detector; one that takes as long as reading may is given up. */
async function ask(
  clock: Clock,
  definition: CollectorDefinition,
  detector: Detector,
  previous: unknown,
  plugin: string,
): Promise<boolean | readonly string[]> {
  const ms = timeoutOf(definition);
  const late = deadline(clock, ms, () => CollectTimeout({ plugin, collector: `${definition.id} (its detector)`, ms }));
  try {
    const look = {
      get signal() {
        return late.signal;
      },
      previous,
    };
    return await Promise.race([detector.changed(look), late.passed]);
  } finally {
    late.cancel();
  }
}

async function collecting(
  entry: Collecting,
  context: Parameters<CollectorDefinition['collect']>[0],
  stillBusy: () => AgentError,
): Promise<unknown> {
  if (entry.busy) throw stillBusy();
  entry.busy = true;
  try {
    return await entry.definition.collect(context);
  } finally {
    entry.busy = false;
  }
}

export interface CollectorServiceOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Where it is told that a detector had something read. */
  readonly events?: Pick<EventLog, 'record'>;
}

/**
 * Runs collectors: never two cycles of one at once, whole states only, a revision for each. One that hangs and does not heed
 * its signal is not asked again until it returns: what it waits for would pile up behind it.
 */
export function createCollectorService(options: CollectorServiceOptions): CollectorService {
  const { clock, random, events } = options;
  const all = new Set<Collecting>();

  const states = (): CollectedState[] => [...all].flatMap(({ current }) => (current === undefined ? [] : [current]));

  const v1Signoff = (): V1Signoff => {
    for (const { definition, current } of all)
      if (current !== undefined && definition.v1Signoff !== undefined) return definition.v1Signoff(current.state);
    return { signoff_sealed: true, unsealed_since: null };
  };
  let hub: CollectorReader | undefined;
  /** As the hub was told last; what was not taken is told again. */
  let toldSignoff = '';
  const tellSignoff = (): void => {
    const state = v1Signoff();
    const text = JSON.stringify(state);
    if (hub !== undefined && text !== toldSignoff && hub.signoff(state)) toldSignoff = text;
  };

  const cycle = async (entry: Collecting, only: Only, trigger: Trigger | undefined): Promise<unknown> => {
    const { plugin, definition } = entry;
    const name = { plugin, collector: definition.id };
    const ms = timeoutOf(definition);
    const timedOut = (): AgentError => CollectTimeout({ ...name, ms });
    const late = deadline(clock, ms, timedOut);
    entry.abandon = late.pass;
    try {
      const context = {
        get signal() {
          return late.signal;
        },
        previous: entry.current?.state,
        only,
        trigger,
      };
      const state = await Promise.race([collecting(entry, context, timedOut), late.passed]);
      if (!Check(definition.state, state))
        throw CollectShape({ ...name, path: Errors(definition.state, state).First()?.path ?? '/' });
      if (all.has(entry)) entry.current = { ...name, state, at: clock.now(), revision: (entry.current?.revision ?? 0) + 1 };
      if (entry.failures > 0) entry.report(undefined);
      entry.failures = 0;
      tellSignoff();
      return state;
    } catch (cause) {
      const error = isAgentError(cause)
        ? cause
        : CollectFailed({ ...name, message: String(cause instanceof Error ? cause.message : cause).slice(0, 200) }, { cause });
      entry.failures += 1;
      if (all.has(entry)) entry.report(error);
      throw error;
    } finally {
      late.cancel();
    }
  };

  const run = (entry: Collecting, only?: Only, trigger?: Trigger): Promise<unknown> =>
    (entry.running ??= cycle(entry, only, trigger).finally(() => {
      entry.running = undefined;
    }));

  /** What a cycle that runs already has read may be older than what it is asked for. */
  const runAnew = async (entry: Collecting, only?: Only, trigger?: Trigger): Promise<unknown> => {
    while (entry.running !== undefined) await entry.running.catch(() => undefined);
    return await run(entry, only, trigger);
  };

  const readDetected = async (entry: Collecting, keys: Only): Promise<void> => {
    const { plugin, definition } = entry;
    events?.record({ source: plugin, kind: 'detected', trigger: 'detector', collector: definition.id, keys: keys?.size });
    await runAnew(entry, keys, 'detector');
  };

  const look = async (entry: Collecting, detector: Detector): Promise<boolean> => {
    const { plugin, definition } = entry;
    const changed = await ask(clock, definition, detector, entry.current?.state, plugin);
    const keys = Array.isArray(changed) ? new Set(changed as readonly string[]) : undefined;
    if (changed !== true && (keys === undefined || keys.size === 0)) return false;
    await readDetected(entry, keys);
    return true;
  };

  const schedule = (entry: Collecting, everyMs: number, firstMs: number): void => {
    entry.cancel = clock.after(firstMs, () => {
      void run(entry, undefined, 'periodic_walk')
        .catch(() => undefined)
        .then(() => {
          if (all.has(entry)) schedule(entry, everyMs, entry.failures === 0 ? everyMs : Math.min(everyMs, againAfter(entry)));
        });
    });
  };

  return {
    add(plugin, definition, report) {
      const entry: Collecting = {
        plugin,
        definition,
        report,
        current: undefined,
        running: undefined,
        busy: false,
        failures: 0,
        cancel: () => undefined,
        abandon: () => undefined,
        changes: changeReads(clock, async (keys) => {
          await readDetected(entry, keys);
          hub?.changed();
        }),
      };
      all.add(entry);
      entry.changes.heed(hub !== undefined);
      if (definition.every !== 'push') {
        const everyMs = periodMs(definition.every);
        schedule(entry, everyMs, Math.min(everyMs, 1_000) * random());
      }
      return {
        handle: {
          get current() {
            return entry.current === undefined ? undefined : structuredClone(entry.current.state);
          },
          refresh: (only) => run(entry, only === undefined ? undefined : new Set(only)),
          changed: (only) => entry.changes.mark(only),
        },
        remove: () => {
          all.delete(entry);
          entry.cancel();
          entry.changes.heed(false);
          entry.abandon(new Error(`collector "${plugin}.${definition.id}" was removed`));
        },
      };
    },
    async reread(plugin, collector, only, trigger) {
      const entry = [...all].find((each) => each.plugin === plugin && each.definition.id === collector);
      if (entry === undefined) throw CollectUnknown({ plugin, collector });
      return await runAnew(entry, only === undefined ? undefined : new Set(only), trigger);
    },
    detectors: () =>
      [...all].flatMap((entry) => {
        const { detector } = entry.definition;
        return detector === undefined ? [] : [{ everyMs: periodMs(detector.every), look: () => look(entry, detector) }];
      }),
    async collectForPush() {
      await Promise.allSettled(
        [...all].filter(({ definition }) => definition.every === 'push').map((entry) => run(entry, undefined, 'periodic_walk')),
      );
    },
    v1Signoff,
    attach(reader) {
      hub = reader;
      // The hub reads it in the registration.
      toldSignoff = JSON.stringify(v1Signoff());
      for (const { changes } of all) changes.heed(reader !== undefined);
    },
    states,
    integrations: (plugins, features) => integrationReport(plugins, states(), features),
    v1Metrics: () =>
      Object.assign(
        {},
        ...[...all].map(({ definition, current }) =>
          current === undefined ? {} : (definition.v1Metrics?.(current.state) ?? {}),
        ),
      ) as Record<string, unknown>,
  };
}
