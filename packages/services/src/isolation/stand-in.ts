import { Check } from '@sinclair/typebox/value';
import { Type, collector, definePlugin, investigation } from '@stormpulse/plugin-api';
import type {
  Collector,
  CollectorHandle,
  GateAnswer,
  Plugin,
  PluginContext,
  Report,
  Store,
  TSchema,
} from '@stormpulse/plugin-api';
import type { ManifestCollector, PluginManifest } from '@stormpulse/plugin-api/internal';
import { Attached } from './attached.ts';
import { rawConfigSchema } from './config-secrets.ts';
import type { RawConfig } from './config-secrets.ts';
import { KeyLocks } from './key-locks.ts';
import { LineBatch } from './line-batch.ts';
import type { Remote } from './remote.ts';
import { schemaOfJson } from './schema-of-json.ts';
import { standInCommand } from './stand-in-commands.ts';
import { pulled } from './streams.ts';
import { standInWizard } from './stand-in-wizard.ts';

/** SEC-207: what a plugin may take where its caller sets no deadline. */
const STATE_MS = 5_000;
const ENRICH_MS = 2_000;
const GATHER_MS = 60_000;

/**
 * The plugin that the kernel sees while the real one runs elsewhere: it declares what the manifest says, and each of its functions
 * is a call. Nothing of the plugin's code is in this process.
 */
export function standIn(manifest: PluginManifest, remote: Remote): Plugin {
  return definePlugin({
    name: manifest.name,
    version: manifest.version,
    apiVersion: manifest.apiVersion as `${number}.${number}`,
    description: manifest.description,
    configSchema: rawConfigSchema(manifest.configSchema),
    capabilities: () => manifest.capabilities,
    setup(ctx) {
      declare(manifest, ctx as unknown as PluginContext<RawConfig>, remote);
    },
  });
}

function declare(manifest: PluginManifest, ctx: PluginContext<RawConfig>, remote: Remote): void {
  const { commands, collectors, health, lifecycle } = ctx;
  const locks = new KeyLocks();
  for (const command of manifest.commands) commands.register(standInCommand(command, remote, locks));
  for (const omission of manifest.omissions) commands.leaveOut(omission);
  manifest.gates.forEach((gate, at) => declareGate(gate, at, ctx, remote));
  const handles = new Map<string, CollectorHandle<unknown>>();
  for (const one of manifest.collectors) handles.set(one.id, collectors.register(standInCollector(one, remote)));
  const stores = new Map<string, Store<unknown>>(manifest.stores.map((name) => [name, ctx.storage.open(name, Type.Unknown())]));
  declareLogs(manifest, ctx, remote);
  manifest.listeners.forEach((id, at) => {
    ctx.events.on({ id, payload: Type.Unknown() }, async (payload) => {
      await remote.ask('listener', { at, payload }, { what: `a listener of "${id}"`, ms: STATE_MS });
    });
  });
  manifest.probes.forEach(({ id, everyMs, timeoutMs }, at) =>
    health.probe({
      id,
      every: everyMs,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      check: async (signal) => {
        await remote.ask('probe', { at }, { what: `probe "${id}"`, signal });
      },
    }),
  );
  declareQuestions(manifest, ctx, remote);
  remote.attach({ ctx, secrets: ctx.config.secrets, collectors: handles, stores });
  lifecycle.onStart((signal) => remote.start(signal));
  // Last, so that its own releases run while the agent still answers it.
  lifecycle.defer(() => remote.close());
}

function declareGate(gate: { readonly admits: boolean }, at: number, ctx: PluginContext<RawConfig>, remote: Remote): void {
  const what = 'a gate';
  ctx.commands.gate({
    allow: async (call) => asAnswer(await remote.ask('allow', { at, call }, { what, ms: STATE_MS })),
    ...(gate.admits
      ? { admit: async (command) => asAnswer(await remote.ask('admit', { at, command }, { what, ms: STATE_MS })) }
      : {}),
  });
}

function asAnswer(value: unknown): GateAnswer {
  const { allow, reason, failureReason } = (value ?? {}) as Readonly<Record<'allow' | 'reason' | 'failureReason', unknown>>;
  if (allow === true) return { allow };
  const told = typeof failureReason === 'string' ? { failureReason } : {};
  return { allow: false, reason: typeof reason === 'string' ? reason : 'no reason given', ...told };
}

/** What comes with a state. */
interface Collected {
  readonly state: unknown;
  /** Where the plugin's own schema refuses it. */
  readonly unfit?: string;
  readonly gauges?: Readonly<Record<string, number>>;
  readonly text?: unknown;
}

function standInCollector(one: ManifestCollector, remote: Remote): Collector<TSchema> {
  const { id, everyMs, timeoutMs, refresh, detectorMs, v1Metrics } = one;
  const state = schemaOfJson(one.state);
  const told = new Attached<Collected>();
  const what = `collector "${id}"`;
  return collector({
    id,
    every: everyMs,
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    state,
    async collect({ signal, previous, only, trigger }) {
      const args = { id, trigger, previous, ...(only === undefined ? {} : { only: [...only] }) };
      const collected = ((await remote.ask('collect', args, { what, signal })) ?? { state: undefined }) as Collected;
      if (typeof collected.unfit === 'string' && Check(state, collected.state))
        throw new Error(`its own schema does not allow its state, at ${collected.unfit.slice(0, 200)}`);
      told.keep(collected.state, collected);
      return collected.state;
    },
    gauges: Object.fromEntries(
      Object.entries(one.gauges).map(([name, { unit, help }]) => [
        name,
        { unit, help, value: (value: unknown) => told.of(value)?.gauges?.[name] ?? Number.NaN },
      ]),
    ),
    ...(refresh === 'none' ? {} : { refresh: refresh === 'plain' ? true : (value: unknown) => asText(told.of(value)?.text) }),
    ...(detectorMs === undefined
      ? {}
      : {
          detector: {
            every: detectorMs,
            async changed({ signal, previous }) {
              const changed = await remote.ask('detect', { id, previous }, { what: `the detector of ${what}`, signal });
              return Array.isArray(changed) ? changed.map(String) : changed === true;
            },
          },
        }),
    // Only told, so that the kernel refuses it.
    ...(v1Metrics ? { v1Metrics: () => ({}) } : {}),
  });
}

function declareLogs(manifest: PluginManifest, { logs }: PluginContext<RawConfig>, remote: Remote): void {
  for (const source of manifest.sources) {
    if (!('open' in source)) {
      logs.source(source);
      continue;
    }
    const { id, parser } = source;
    const what = `log source "${id}"`;
    const open = (from: string | undefined, signal: AbortSignal) =>
      pulled<{ cursor: string; line: string }>(
        () => remote.ask('open', { id, from }, { what, ms: STATE_MS, signal }),
        (stream) => remote.ask('next', { stream }, { what, signal }),
        (stream) => remote.ask('end', { stream }, { what, ms: STATE_MS }),
      );
    logs.source({ id, parser, open });
  }
  for (const id of manifest.parsers) {
    const what = `parser "${id}"`;
    const batch = new LineBatch((lines) => remote.ask('parse', { id, lines }, { what, ms: STATE_MS }));
    logs.parser({ id, parse: (line) => batch.parse(line) });
  }
  for (const parser of manifest.enrichers) {
    const what = `the enricher of "${parser}"`;
    logs.enricher({
      parser,
      enrich: async (record) =>
        ((await remote.ask('enrich', { parser, record }, { what, ms: ENRICH_MS })) ?? record) as typeof record,
    });
  }
}

function declareQuestions(manifest: PluginManifest, ctx: PluginContext<RawConfig>, remote: Remote): void {
  for (const { id, title, receipt } of manifest.investigations) {
    const judged = new Attached<readonly Report[]>();
    const what = `investigation "${id}"`;
    ctx.health.investigation(
      investigation<unknown>({
        id,
        title,
        ...(receipt === undefined ? {} : { receipt }),
        async gather(window, { signal }) {
          const found = (await remote.ask('investigate', { id, window }, { what, ms: GATHER_MS, signal })) as
            | { readonly evidence: unknown; readonly reports: readonly Report[] }
            | undefined;
          judged.keep(found?.evidence, found?.reports ?? []);
          return found?.evidence;
        },
        judge: (evidence) => judged.of(evidence) ?? [],
      }),
    );
  }
  manifest.wizards.forEach(({ title }, at) => ctx.wizard.register(standInWizard(title, at, remote)));
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
