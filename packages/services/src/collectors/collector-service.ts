import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import { defineError, isAgentError, periodMs } from '@stormpulse/plugin-api';
import type { AgentError } from '@stormpulse/plugin-api';
import type { CollectorDefinition } from '@stormpulse/plugin-api/internal';
import type { Clock, CollectedState, CollectorService } from '@stormpulse/kernel';

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

const DEFAULT_TIMEOUT_MS = 5_000;
const AT_ONCE_MS = 1;

interface Collecting {
  readonly plugin: string;
  readonly definition: CollectorDefinition;
  readonly report: (error: AgentError | undefined) => void;
  current: CollectedState | undefined;
  running: Promise<unknown> | undefined;
  /** `collect` has not returned, though its cycle may have timed out. */
  busy: boolean;
  failing: boolean;
  cancel: () => void;
  /** Ends the cycle that runs, with its timer. */
  abandon: (reason: Error) => void;
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

/**
 * Runs collectors: never two cycles of one at once, whole states only, a revision for each. One that hangs and does not heed
 * its signal is not asked again until it returns: what it waits for would pile up behind it.
 */
export function createCollectorService(options: { readonly clock: Clock; readonly random: () => number }): CollectorService {
  const { clock, random } = options;
  const all = new Set<Collecting>();

  const cycle = async (entry: Collecting, only: ReadonlySet<string> | undefined): Promise<unknown> => {
    const { plugin, definition } = entry;
    const name = { plugin, collector: definition.id };
    const ms = definition.timeout === undefined ? DEFAULT_TIMEOUT_MS : periodMs(definition.timeout);
    let abort: AbortController | undefined;
    const timedOut = (): AgentError => CollectTimeout({ ...name, ms });
    let cancel = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      entry.abandon = (reason) => {
        cancel();
        abort?.abort(reason);
        reject(reason);
      };
      // Most are done at once, and a timer wakes an idle host later although it was cancelled: the long one is for the others.
      cancel = clock.after(AT_ONCE_MS, () => {
        cancel = clock.after(ms - AT_ONCE_MS, () => entry.abandon(timedOut()));
      });
    });
    try {
      const context = {
        get signal() {
          return (abort ??= new AbortController()).signal;
        },
        previous: entry.current?.state,
        only,
      };
      const state = await Promise.race([collecting(entry, context, timedOut), late]);
      if (!Check(definition.state, state))
        throw CollectShape({ ...name, path: Errors(definition.state, state).First()?.path ?? '/' });
      if (all.has(entry)) entry.current = { ...name, state, at: clock.now(), revision: (entry.current?.revision ?? 0) + 1 };
      if (entry.failing) entry.report(undefined);
      entry.failing = false;
      return state;
    } catch (cause) {
      const error = isAgentError(cause)
        ? cause
        : CollectFailed({ ...name, message: String(cause instanceof Error ? cause.message : cause).slice(0, 200) }, { cause });
      entry.failing = true;
      if (all.has(entry)) entry.report(error);
      throw error;
    } finally {
      cancel();
    }
  };

  const run = (entry: Collecting, only?: ReadonlySet<string>): Promise<unknown> =>
    (entry.running ??= cycle(entry, only).finally(() => {
      entry.running = undefined;
    }));

  const schedule = (entry: Collecting, everyMs: number, firstMs: number): void => {
    entry.cancel = clock.after(firstMs, () => {
      void run(entry)
        .catch(() => undefined)
        .then(() => {
          if (all.has(entry)) schedule(entry, everyMs, everyMs);
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
        failing: false,
        cancel: () => undefined,
        abandon: () => undefined,
      };
      all.add(entry);
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
        },
        remove: () => {
          all.delete(entry);
          entry.cancel();
          entry.abandon(new Error(`collector "${plugin}.${definition.id}" was removed`));
        },
      };
    },
    async collectForPush() {
      await Promise.allSettled([...all].filter(({ definition }) => definition.every === 'push').map((entry) => run(entry)));
    },
    states: () => [...all].flatMap(({ current }) => (current === undefined ? [] : [current])),
    v1Metrics: () =>
      Object.assign(
        {},
        ...[...all].map(({ definition, current }) =>
          current === undefined ? {} : (definition.v1Metrics?.(current.state) ?? {}),
        ),
      ) as Record<string, unknown>,
  };
}
