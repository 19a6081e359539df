import type { Period } from './period.ts';
import type { Infer, TSchema } from './schema.ts';

/** A number derived from state; names and units follow OpenTelemetry conventions. */
export interface Gauge<T> {
  readonly unit: string;
  readonly help: string;
  readonly value: (state: T) => number;
}

/** What made a collector read, as v1's events name it; undefined: a person or a plugin asked. */
export type Trigger = 'periodic_walk' | 'detector' | 'job';

/** A check that is cheaper than reading: it tells when reading is worth it before the next period. */
export interface Detector<T> {
  readonly every: Period;
  /** False: nothing new. True, or keys: read again, or read these again. Runs while the hub is there. */
  readonly changed: (look: {
    readonly signal: AbortSignal;
    readonly previous: T | undefined;
  }) => Promise<boolean | readonly string[]>;
}

/** One run of a collector. */
export interface Cycle<T> {
  readonly signal: AbortSignal;
  readonly previous: T | undefined;
  /** Narrows what must be re-read, never what is returned. */
  readonly only: ReadonlySet<string> | undefined;
  readonly trigger?: Trigger | undefined;
}

/** v1's words for the hatch (wire page, 2.11). */
export interface V1Signoff {
  readonly signoff_sealed: boolean;
  /** With its zone; null: unknown, or sealed. */
  readonly unsealed_since: string | null;
}

/** What an author writes of a collector. */
export interface CollectorSpec<S extends TSchema> {
  /** Local id, published as `<plugin>.<id>`. */
  readonly id: string;
  /** A period, or `'push'`: with each metrics push, so that what leaves is never older than its reading. */
  readonly every: Period | 'push';
  /** Default: 5 s. A cycle that takes longer is abandoned; nothing partial is published. */
  readonly timeout?: Period;
  readonly state: S;
  /** Always the whole state. */
  readonly collect: (cycle: Cycle<Infer<S>>) => Promise<Infer<S>>;
  readonly gauges?: Readonly<Record<string, Gauge<Infer<S>>>>;
  /** Offers the command `<plugin>_refresh`, which reads now. A function says in a few words what was found. */
  readonly refresh?: true | ((state: Infer<S>) => string);
  readonly detector?: Detector<Infer<S>>;
  /** First-party plugins only: the fields of v1's `metrics.push` that this state fills. */
  readonly v1Metrics?: (state: Infer<S>) => Readonly<Record<string, unknown>>;
  /** First-party plugins only: how v1's `register` tells of the hatch of the host; a change is sent as `signoff.state`. */
  readonly v1Signoff?: (state: Infer<S>) => V1Signoff;
}

/** What the kernel sees of a collector. */
export interface CollectorDefinition {
  readonly id: string;
  readonly every: Period | 'push';
  readonly timeout?: Period;
  readonly state: TSchema;
  readonly collect: (cycle: Cycle<unknown>) => Promise<unknown>;
  readonly gauges?: Readonly<Record<string, Gauge<unknown>>>;
  readonly refresh?: true | ((state: unknown) => string);
  readonly detector?: Detector<unknown>;
  readonly v1Metrics?: (state: unknown) => Readonly<Record<string, unknown>>;
  readonly v1Signoff?: (state: unknown) => V1Signoff;
}

/** Frozen and inert; carries the type of its state. */
export interface Collector<S extends TSchema> {
  readonly id: string;
  readonly spec: CollectorSpec<S>;
}

/** What an author gets back for a registered collector. */
export interface CollectorHandle<T> {
  /** The last whole state, a local copy. */
  readonly current: T | undefined;
  /** Runs now, joining a cycle already in flight. Rejects with `E_COLLECT_*`. */
  refresh(only?: Iterable<string>): Promise<T>;
  /**
   * Says that what it reads has changed, as an event stream tells; or which keys. While the hub is there it is read half a second
   * later, together with what changes meanwhile and at most every five seconds, as after a {@link Detector}. Never throws.
   */
  changed(only?: Iterable<string>): void;
}

/** Defines a collector: a polled producer of typed state. */
export function collector<const S extends TSchema>(spec: CollectorSpec<S>): Collector<S> {
  return Object.freeze({ id: spec.id, spec: Object.freeze({ ...spec }) });
}
