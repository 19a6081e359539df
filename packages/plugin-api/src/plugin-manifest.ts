import type { Capabilities } from './capabilities.ts';
import type { CollectorDefinition } from './collector.ts';
import type { CommandDefinition, Confirm, Effect, EnvPart } from './command.ts';
import type { Part } from './argv.ts';
import type { Omission } from './context.ts';
import type { LogSource } from './logs.ts';
import { confirmOf } from './manifest-entry.ts';
import { periodMs } from './period.ts';
import type { AnyPluginDefinition } from './plugin.ts';
import type { Contributions } from './record-setup.ts';
import type { ProcessLimits } from './limits.ts';
import type { AbsolutePath, TSchema } from './schema.ts';

/**
 * Everything a plugin declares for one config, as JSON: derived without a host, kept with the digest of the code it belongs to, shown
 * to operators and hubs, and enough to offer the plugin while its code runs elsewhere. Functions are told by their presence alone.
 */
export interface PluginManifest {
  readonly manifest: 1;
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly description: string;
  readonly configSchema: TSchema;
  readonly capabilities: Capabilities;
  readonly commands: readonly ManifestCommand[];
  readonly omissions: readonly Omission[];
  readonly collectors: readonly ManifestCollector[];
  readonly gates: readonly { readonly admits: boolean }[];
  readonly sources: readonly ManifestSource[];
  /** Local ids. */
  readonly parsers: readonly string[];
  /** The parsers whose records are enriched. */
  readonly enrichers: readonly string[];
  /** Ids of the events it listens to, one a listener. */
  readonly listeners: readonly string[];
  readonly probes: readonly { readonly id: string; readonly everyMs: number; readonly timeoutMs?: number }[];
  readonly investigations: readonly { readonly id: string; readonly title: string; readonly receipt?: string }[];
  readonly wizards: readonly { readonly title: string }[];
  /** Names of its stores. */
  readonly stores: readonly string[];
  /** How many `onStart` there are. */
  readonly starts: number;
}

/** One command; `mode` says what runs, as data. */
export interface ManifestCommand {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly effect: Effect;
  readonly confirm: Confirm;
  readonly timeoutMs: number;
  /** JSON Schema of a closed object of scalars. */
  readonly params: TSchema;
  readonly serializes: boolean;
  readonly concurrency?: number;
  readonly idempotent?: boolean;
  readonly sensitiveOutput?: boolean;
  readonly group?: string;
  readonly wireName?: string;
  readonly allow?: readonly string[];
  readonly mode: ManifestMode;
}

export type ManifestMode =
  | {
      readonly kind: 'subprocess';
      readonly file: AbsolutePath;
      readonly argv: readonly Part[];
      readonly stdin?: string;
      readonly env?: Readonly<Record<string, EnvPart>>;
      readonly cwd?: AbsolutePath;
      readonly limits?: ProcessLimits;
    }
  | { readonly kind: 'handler'; readonly result: TSchema }
  | {
      readonly kind: 'job';
      readonly result: TSchema;
      readonly checkpoint?: TSchema;
      readonly resumable: boolean;
      readonly leaseMs?: number;
      readonly ceiling?: number;
      readonly rereads: readonly { readonly collector: string; readonly narrows: boolean }[];
      readonly extras: boolean;
    };

export interface ManifestCollector {
  readonly id: string;
  readonly everyMs: number | 'push';
  readonly timeoutMs?: number;
  readonly state: TSchema;
  readonly gauges: Readonly<Record<string, { readonly unit: string; readonly help: string }>>;
  /** `named`: a function says what was found. */
  readonly refresh: 'none' | 'plain' | 'named';
  readonly detectorMs?: number;
  /** First-party plugins only. */
  readonly v1Metrics: boolean;
}

export type ManifestSource = { readonly id: string; readonly parser: string } & (
  | { readonly file: AbsolutePath }
  | { readonly journalUnit: string }
  | { readonly open: true }
);

/** Describes what one setup declared. The same declaration gives the same text. */
export function describePlugin(
  definition: AnyPluginDefinition,
  capabilities: Capabilities,
  declared: Contributions,
): PluginManifest {
  const { name, version, apiVersion, description, configSchema } = definition;
  const manifest: PluginManifest = {
    manifest: 1,
    name,
    version,
    apiVersion,
    description,
    configSchema,
    capabilities,
    commands: declared.commands.map(describeCommand),
    omissions: declared.omissions,
    collectors: declared.collectors.map(describeCollector),
    gates: declared.gates.map(({ admit }) => ({ admits: admit !== undefined })),
    sources: declared.sources.map(describeSource),
    parsers: declared.parsers.map(({ id }) => id),
    enrichers: declared.enrichers.map(({ parser }) => parser),
    listeners: declared.listeners.map(({ event }) => event.id),
    probes: declared.probes.map(({ id, every, timeout }) => ({
      id,
      everyMs: periodMs(every),
      ...(timeout === undefined ? {} : { timeoutMs: periodMs(timeout) }),
    })),
    investigations: declared.investigations.map(({ id, spec: { title, receipt } }) => ({
      id,
      title,
      ...(receipt === undefined ? {} : { receipt }),
    })),
    wizards: declared.wizards.map(({ spec: { title } }) => ({ title })),
    stores: [...declared.stores.keys()],
    starts: declared.starts.length,
  };
  // What JSON cannot hold, a schema's symbols among it, must not seem to be there.
  return JSON.parse(JSON.stringify(manifest)) as PluginManifest;
}

function describeCommand(definition: CommandDefinition): ManifestCommand {
  const { serializeBy, timeout, mode, confirm: _, ...rest } = definition;
  return {
    ...rest,
    confirm: confirmOf(definition),
    timeoutMs: periodMs(timeout),
    serializes: serializeBy !== undefined,
    mode: describeMode(mode),
  };
}

function describeMode(mode: CommandDefinition['mode']): ManifestMode {
  if (mode.kind === 'subprocess') return mode;
  if (mode.kind === 'handler') return { kind: 'handler', result: mode.result };
  const { result, checkpoint, resumable, lease, ceiling, rereads, extras } = mode;
  return {
    kind: 'job',
    result,
    resumable,
    rereads: rereads.map(({ collector, only }) => ({ collector, narrows: only !== undefined })),
    extras: extras !== undefined,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(lease === undefined ? {} : { leaseMs: periodMs(lease) }),
    ...(ceiling === undefined ? {} : { ceiling }),
  };
}

function describeCollector({ id, every, timeout, state, gauges, refresh, detector, v1Metrics }: CollectorDefinition) {
  const shown = Object.entries(gauges ?? {}).map(([name, { unit, help }]) => [name, { unit, help }] as const);
  return {
    id,
    everyMs: every === 'push' ? ('push' as const) : periodMs(every),
    state,
    gauges: Object.fromEntries(shown),
    refresh: refresh === undefined ? ('none' as const) : refresh === true ? ('plain' as const) : ('named' as const),
    v1Metrics: v1Metrics !== undefined,
    ...(timeout === undefined ? {} : { timeoutMs: periodMs(timeout) }),
    ...(detector === undefined ? {} : { detectorMs: periodMs(detector.every) }),
  };
}

function describeSource(source: LogSource): ManifestSource {
  const { id, parser } = source;
  if ('file' in source) return { id, parser, file: source.file };
  if ('journalUnit' in source) return { id, parser, journalUnit: source.journalUnit };
  return { id, parser, open: true };
}
