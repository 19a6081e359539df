import type { AuditLog, Clock, DenialLog, EventLog, PluginOwner, PluginServiceFactory, PluginServices } from '@stormpulse/kernel';
import type { LogCatalogue } from '@stormpulse/plugin-api';
import { GrantLogs, PluginContribution } from '@stormpulse/plugin-api/internal';
import { createDenialLog } from './denials/denial-log.ts';
import { createEventBus } from './events/event-bus.ts';
import type { EventBus } from './events/event-bus.ts';
import { createHttpExchange } from './http/exchange.ts';
import type { HttpExchange } from './http/exchange.ts';
import { createPluginHttp } from './http/plugin-http.ts';
import { createLogRegistry } from './logs/log-registry.ts';
import type { LogRegistry } from './logs/log-registry.ts';
import { ProbeUnknown } from './probes/errors.ts';
import { createPluginProbes, probesProblem } from './probes/plugin-probes.ts';
import type { PluginProbes, ProbeAnswer } from './probes/plugin-probes.ts';
import type { RevealSecret } from './secrets/reveal-secret.ts';
import { createPluginStorage } from './storage/plugin-storage.ts';
import type { StoreRows } from './storage/store-rows.ts';

export interface PluginServicesOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Where the hub reads what plugins emit. */
  readonly events: Pick<EventLog, 'record'>;
  readonly stores: StoreRows;
  readonly reveal: RevealSecret;
  /** Where the host reads what plugins were denied. */
  readonly audit?: Pick<AuditLog, 'note'> | undefined;
  /** Default: over the host's sockets. */
  readonly exchange?: HttpExchange;
}

/** What stands behind `ctx` for all plugins of one agent. */
export interface PluginServicesOfAgent {
  /** For the kernel. The stores are closed with the last plugin. */
  readonly open: PluginServiceFactory;
  /** For the kernel: what it denies itself is told of with the rest. */
  readonly denials: DenialLog;
  /** Asks one probe, `<plugin>.<id>`, now. Rejects with `E_PROBE_UNKNOWN` alone. */
  askProbe(id: string): Promise<ProbeAnswer>;
  /** What plugins declared of logs, whoever asks. */
  logCatalogue(): LogCatalogue;
}

/** What plugins share: the bus between them, what they declare to each other, and who is there. */
interface Shared extends PluginServicesOptions {
  readonly denials: DenialLog;
  readonly exchange: HttpExchange;
  readonly bus: EventBus;
  readonly logs: LogRegistry;
  readonly probes: Map<string, PluginProbes>;
  readonly present: Set<PluginOwner>;
}

/** What stands behind `ctx` of each plugin, its namespace and its grants applied. */
export function createPluginServices(options: PluginServicesOptions): PluginServicesOfAgent {
  const shared: Shared = {
    exchange: createHttpExchange(),
    ...options,
    denials: createDenialLog(options),
    bus: createEventBus({ clock: options.clock, log: options.events, audit: options.audit }),
    logs: createLogRegistry(),
    probes: new Map(),
    present: new Set(),
  };
  return {
    open: (owner) => openFor(owner, shared),
    denials: shared.denials,
    async askProbe(id) {
      const [plugin = '', local = ''] = id.split('.', 2);
      const asked = shared.probes.get(plugin)?.ask(local);
      if (asked !== undefined) return await asked;
      const known = [...shared.probes].flatMap(([name, probes]) => probes.ids.map((each) => `${name}.${each}`));
      throw ProbeUnknown({ probe: id.slice(0, 200), known: known.join(', ') });
    },
    logCatalogue: () => shared.logs.catalogue(),
  };
}

function openFor(owner: PluginOwner, shared: Shared): PluginServices {
  const { bus, logs, present, probes: probesOf, stores } = shared;
  let disclaim = (): void => undefined;
  present.add(owner);
  const events = bus.join(owner);
  const probes = createPluginProbes(shared, owner);
  const storage = createPluginStorage(stores, owner.name, () => present.has(owner));
  return {
    http: createPluginHttp(shared, owner),
    store: (name, schema) => storage.open(name, schema),
    emit: (event, payload) => events.emit(event, payload),
    reveal: (source) => shared.reveal(source),
    logCatalogue() {
      if (owner.capabilities.consumeLogs === true) return Promise.resolve(logs.catalogue());
      const denied = GrantLogs({ plugin: owner.name });
      shared.denials.add(owner.name, denied);
      return Promise.reject(denied);
    },
    adopt(declared) {
      const wrong = probesProblem(declared.probes);
      if (wrong !== undefined)
        throw PluginContribution({
          plugin: owner.name,
          contribution: `probe "${wrong.id.slice(0, 200)}"`,
          problem: wrong.problem,
        });
      disclaim = logs.claim(owner, declared);
      probes.adopt(declared.probes);
      probesOf.set(owner.name, probes);
      events.listen(declared.listeners);
    },
    start: () => probes.start(),
    close() {
      if (!present.delete(owner)) return;
      probes.close();
      if (probesOf.get(owner.name) === probes) probesOf.delete(owner.name);
      disclaim();
      events.close();
      if (present.size === 0) stores.close();
    },
  };
}
