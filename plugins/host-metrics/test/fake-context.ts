import type { Collector, CollectorSpec, Infer, PluginContext, PluginDefinition, TObject, TSchema } from '@stormpulse/sdk';

/** What a collector's functions look like when its state's type is forgotten. */
type AnySpec = CollectorSpec<TSchema>;

export interface Started {
  readonly specs: ReadonlyMap<string, AnySpec>;
  /** Runs every start again, as the kernel may. */
  start(): Promise<void>;
  /** Collects all of them at once, as a push does. */
  push(): Promise<ReadonlyMap<string, unknown>>;
  /** v1's fields of the states, merged. */
  v1(states: ReadonlyMap<string, unknown>): Record<string, unknown>;
  stop(): Promise<void>;
}

/** Sets a plugin up with the least a kernel does: keeps what it registers, starts, collects, stops. */
export async function startPlugin<C extends TObject>(definition: PluginDefinition<C>, config: Infer<C>): Promise<Started> {
  const specs = new Map<string, AnySpec>();
  const starts: ((signal: AbortSignal) => Promise<void>)[] = [];
  const releases: (AsyncDisposable | Disposable | (() => void | Promise<void>))[] = [];
  const abort = new AbortController();
  const refuse = (): never => {
    throw new Error('this plugin has no business here');
  };
  const context: PluginContext<Infer<C>> = {
    config,
    commands: { register: refuse, gate: refuse, leaveOut: refuse },
    collectors: {
      register: <S extends TSchema>({ id, spec }: Collector<S>) => {
        specs.set(id, spec as unknown as AnySpec);
        return { current: undefined, refresh: refuse, changed: () => undefined };
      },
    },
    wizard: { register: refuse },
    logs: { source: refuse, parser: refuse, enricher: refuse, catalogue: refuse },
    events: { emit: refuse, on: refuse },
    health: { ok: refuse, degraded: refuse, probe: refuse, investigation: refuse },
    storage: { open: refuse },
    exec: refuse,
    http: { client: refuse },
    logger: { debug: refuse, info: refuse, warn: refuse, error: refuse },
    signal: abort.signal,
    lifecycle: { onStart: (start) => void starts.push(start), defer: (release) => void releases.push(release) },
  };
  definition.setup(context);
  const start = async (): Promise<void> => {
    for (const one of starts) await one(abort.signal);
  };
  const collect = async (spec: AnySpec): Promise<unknown> =>
    await spec.collect({ signal: abort.signal, previous: undefined, only: undefined });
  await start();
  return {
    specs,
    start,
    push: async () => new Map(await Promise.all([...specs].map(async ([id, spec]) => [id, await collect(spec)] as const))),
    v1: (states) =>
      Object.assign({}, ...[...specs].map(([id, spec]) => spec.v1Metrics?.(states.get(id)) ?? {})) as Record<string, unknown>,
    stop: async () => {
      abort.abort();
      for (const release of releases.toReversed()) if (typeof release === 'function') await release();
    },
  };
}
