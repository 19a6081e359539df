import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Exec, Logger, Plugin, Wizard } from '@stormpulse/plugin-api';
import { GrantExec, definitionOf, parseConfig, recordSetup } from '@stormpulse/plugin-api/internal';
import type { Contributions } from '@stormpulse/plugin-api/internal';
import {
  childEnvironment,
  createPluginServices,
  createProcessRunner,
  createRevealSecret,
  createSystemClock,
} from '@stormpulse/services';
import type { RevealSecret, StoreRows } from '@stormpulse/services';
import type { PlanBounds } from '@stormpulse/wizard';

/** A plugin that can be set up: its wizard, its probes, and within what its plan must stay. */
export interface WizardOfPlugin {
  readonly wizard: Wizard;
  readonly bounds: PlanBounds;
  readonly detect: () => Promise<unknown>;
  /** Why it is not well; undefined: it is. Rejects with nothing. */
  readonly probe: (id: string) => Promise<string | undefined>;
  close(): Promise<void>;
}

export interface PluginToSetUp {
  readonly plugin: Plugin;
  /** Its part of the file, as written. */
  readonly config: unknown;
  readonly firstParty: boolean;
  /** The host's file. */
  readonly configPath: string;
  /** Whether something is there, with the rights that the plugin may look with. */
  readonly exists?: (path: string) => boolean;
  /** Default: with the rights and the environment of this process. */
  readonly reveal?: RevealSecret;
  readonly end?: () => Promise<void>;
}

const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
/** Tables of the file that a plugin of the agent owns, where they are not called as it is (D3). */
const TABLES: Readonly<Record<string, string>> = {
  'custom-commands': 'commands',
  'host-metrics': 'metrics',
  'log-shipping': 'log_groups',
};
const PROBE_MS = 15_000;

/** Sets a plugin up far enough to ask its wizard and its probes; undefined: it has no wizard. Rejects with what keeps it from that. */
export async function openWizard(given: PluginToSetUp): Promise<WizardOfPlugin | undefined> {
  const { plugin, firstParty, configPath, exists = existsSync, end = () => Promise.resolve() } = given;
  const definition = definitionOf(plugin);
  if (definition === undefined) throw new Error('this is no plugin');
  const config = parseConfig(definition.configSchema, given.config);
  const abort = new AbortController();
  const { signal } = abort;
  const clock = createSystemClock();
  const capabilities = definition.capabilities(config);
  const services = createPluginServices({
    clock,
    random: Math.random,
    events: { record: nothing },
    stores: NOTHING_KEPT,
    reveal: given.reveal ?? createRevealSecret(process.env),
  });
  const { name } = definition;
  const opened = services.open({ name, firstParty, capabilities, logger: SILENT, signal, onHealth: nothing });
  const releases: (() => Promise<void>)[] = [end];
  const close = async (): Promise<void> => {
    abort.abort(new Error('its set-up is over'));
    for (const release of releases.splice(0).toReversed()) await release().catch(nothing);
    opened.close();
  };
  const runner = createProcessRunner({ clock, env: childEnvironment(process.env, []), cwd: '/' });
  const exec: Exec = async (file, args, options = {}) => {
    if (capabilities.exec?.some((granted) => granted === file) !== true) throw GrantExec({ plugin: name, file });
    const signals = options.signal === undefined ? [signal] : [signal, options.signal];
    return await runner.exec(file, args, { ...options, signal: AbortSignal.any(signals) });
  };
  try {
    const declared = recordSetup(definition, config, {
      exec,
      http: opened.http,
      logger: SILENT,
      signal,
      collector: () => ({ current: undefined, refresh: nowhere, changed: () => undefined }),
      store: (store, schema) => opened.store(store, schema),
      logCatalogue: () => opened.logCatalogue(),
      emit: nothing,
      ok: nothing,
      degraded: nothing,
      defer: (release) => void releases.push(release),
    });
    const [wizard] = declared.wizards;
    if (wizard === undefined) {
      await close();
      return undefined;
    }
    // A plugin in a process of its own is reached from here on.
    if (!firstParty) for (const start of declared.starts) await start(signal);
    const folder = join(dirname(configPath), 'plugins', name) as `/${string}`;
    const tables = firstParty ? [[TABLES[name] ?? name]] : [['plugins', name, 'config']];
    return {
      wizard,
      bounds: {
        plugin: name,
        firstParty,
        tables,
        folder,
        files: firstParty ? ownFiles(name, config) : [],
        hostFolder: dirname(configPath),
      },
      detect: async () => await wizard.spec.detect({ exec, exists: (path) => Promise.resolve(exists(path)), folder, signal }),
      probe: (id) => askProbe(declared, id),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The hatch of v1 lies beside the database. */
function ownFiles(name: string, config: unknown): readonly string[] {
  const folder = name === 'signoff' ? (config as { readonly state_folder?: unknown }).state_folder : undefined;
  return typeof folder === 'string' ? [join(folder, 'signoff.sealed')] : [];
}

async function askProbe({ probes }: Contributions, id: string): Promise<string | undefined> {
  const found = probes.find((probe) => probe.id === id);
  if (found === undefined)
    return `the plugin has no probe "${id}"; it has ${probes.map((probe) => probe.id).join(', ') || 'none'}`;
  const signal = AbortSignal.timeout(PROBE_MS);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${PROBE_MS / 1_000} s`)), { once: true });
  });
  try {
    await Promise.race([found.check(signal), late]);
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).slice(0, 300);
  }
}

function nothing(): void {
  // A set-up tells nobody.
}

function nowhere(): Promise<never> {
  return Promise.reject(new Error('a set-up collects and keeps nothing'));
}

/** What plugins keep is the running agent's. */
const NOTHING_KEPT: StoreRows = {
  get: notKept,
  put: notKept,
  remove: notKept,
  next: notKept,
  bytesOf: notKept,
  close: nothing,
};

function notKept(): never {
  throw new Error('a set-up collects and keeps nothing');
}
