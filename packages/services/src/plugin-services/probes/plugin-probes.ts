import type { Clock, PluginOwner } from '@stormpulse/kernel';
import { periodMs } from '@stormpulse/plugin-api';
import type { Probe } from '@stormpulse/plugin-api';
import { ProbeTimeout } from './errors.ts';

/** What one question came to. */
export type ProbeAnswer = { readonly well: true } | { readonly well: false; readonly problem: string };

/** The probes of one plugin. */
export interface PluginProbes {
  /** Local ids. */
  readonly ids: readonly string[];
  adopt(probes: readonly Probe[]): void;
  /** Asks now, or joins the question that is under way; undefined: it has no such probe. Never rejects. */
  ask(id: string): Promise<ProbeAnswer> | undefined;
  start(): void;
  close(): void;
}

export interface PluginProbesOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const TIMEOUT_MS = 5_000;
/** So many failures in a row degrade the plugin. */
const FAILURES = 3;
/** A period is up to a tenth shorter or longer, so that a fleet does not ask in step. */
const JITTER = 0.1;
const FIRST_WITHIN_MS = 1_000;
const MAX_PROBLEM_CHARS = 300;

interface Probing {
  readonly probe: Probe;
  failures: number;
  running: Promise<ProbeAnswer> | undefined;
  /** `check` has not returned, though its time may be up. */
  busy: boolean;
  problem: string | undefined;
  cancel: () => void;
  abandon: (reason: Error) => void;
}

/** Asks each probe again and again, never twice at once, and tells the plugin's owner when they speak of trouble. */
export function createPluginProbes({ clock, random }: PluginProbesOptions, owner: PluginOwner): PluginProbes {
  const all = new Map<string, Probing>();
  let told: string | undefined;
  let isOpen = true;

  const tell = (): void => {
    const problems = [...all.values()].flatMap(({ probe, problem }) =>
      problem === undefined ? [] : [`probe "${owner.name}.${probe.id}": ${problem}`],
    );
    const text = problems.length > 1 ? `${problems[0]} (and ${problems.length - 1} more)` : problems[0];
    if (text === told) return;
    if (told === undefined) owner.logger.warn({ problem: text }, 'a probe has failed three times in a row');
    if (text === undefined) owner.logger.info('every probe is well again');
    told = text;
    owner.onHealth(text);
  };

  const settle = (entry: Probing, answer: ProbeAnswer): ProbeAnswer => {
    entry.failures = answer.well ? 0 : entry.failures + 1;
    if (answer.well) entry.problem = undefined;
    else if (entry.failures >= FAILURES) entry.problem = answer.problem;
    if (isOpen) tell();
    return answer;
  };

  const look = async (entry: Probing): Promise<ProbeAnswer> => {
    const { probe } = entry;
    if (entry.busy) return settle(entry, { well: false, problem: 'its check has not returned since it was last asked' });
    const ms = timeoutOf(probe);
    const abort = new AbortController();
    const late = new Promise<never>((_, reject) => {
      entry.abandon = (reason) => {
        abort.abort(reason);
        reject(reason);
      };
    });
    const cancel = clock.after(ms, () => entry.abandon(ProbeTimeout({ probe: `${owner.name}.${probe.id}`, ms })));
    const checking = async (): Promise<void> => {
      entry.busy = true;
      try {
        await probe.check(abort.signal);
      } finally {
        entry.busy = false;
      }
    };
    try {
      await Promise.race([checking(), late]);
      return settle(entry, { well: true });
    } catch (error) {
      const problem = (error instanceof Error ? error.message : String(error)).slice(0, MAX_PROBLEM_CHARS).toWellFormed();
      return settle(entry, { well: false, problem });
    } finally {
      cancel();
    }
  };

  const ask = (entry: Probing): Promise<ProbeAnswer> =>
    (entry.running ??= look(entry).finally(() => {
      entry.running = undefined;
    }));

  const schedule = (entry: Probing, ms: number): void => {
    entry.cancel = clock.after(ms, () => {
      void ask(entry).then(() => {
        const everyMs = periodMs(entry.probe.every);
        if (isOpen) schedule(entry, everyMs * (1 - JITTER + 2 * JITTER * random()));
      });
    });
  };

  return {
    get ids() {
      return [...all.keys()];
    },
    adopt(probes) {
      const nothing = (): void => undefined;
      for (const probe of probes) {
        const fresh = { failures: 0, running: undefined, busy: false, problem: undefined };
        all.set(probe.id, { probe, ...fresh, cancel: nothing, abandon: nothing });
      }
    },
    ask(id) {
      const entry = all.get(id);
      return entry === undefined ? undefined : ask(entry);
    },
    start() {
      for (const entry of all.values()) schedule(entry, Math.min(periodMs(entry.probe.every), FIRST_WITHIN_MS) * random());
    },
    close() {
      isOpen = false;
      for (const entry of all.values()) {
        entry.cancel();
        entry.abandon(new Error('the plugin has stopped'));
      }
    },
  };
}

/** Throws `E_PERIOD_INVALID`. */
function timeoutOf({ timeout }: Probe): number {
  return timeout === undefined ? TIMEOUT_MS : periodMs(timeout);
}

/** Why these cannot be the probes of one plugin; undefined when they can. */
export function probesProblem(probes: readonly Probe[]): { readonly id: string; readonly problem: string } | undefined {
  const seen = new Set<string>();
  for (const probe of probes) {
    const { id } = probe;
    if (!/^[a-z][a-z0-9_-]{0,63}$/u.test(id)) return { id, problem: 'an id is 1 to 64 lower-case letters, digits, _ and -' };
    if (seen.has(id)) return { id, problem: 'the id is used twice' };
    seen.add(id);
    try {
      periodMs(probe.every);
      timeoutOf(probe);
    } catch (error) {
      return { id, problem: error instanceof Error ? error.message : String(error) };
    }
  }
  return undefined;
}
