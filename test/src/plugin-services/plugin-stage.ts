import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginServices } from '@stormpulse/kernel';
import type { Capabilities, SecretSource } from '@stormpulse/plugin-api';
import type { Contributions } from '@stormpulse/plugin-api/internal';
import { createPluginServices, createRevealSecret, openStoreFile } from '@stormpulse/services';
import type { PluginServicesOfAgent } from '@stormpulse/services';
import { FakeClock, createMemoryLogger } from '@stormpulse/testing';
import type { LoggedLine } from '@stormpulse/testing';

/** One plugin on the stage: what the kernel would hold of it, and what it was told. */
export interface StagedPlugin extends PluginServices {
  readonly health: readonly (string | undefined)[];
  /** Aborts its signal, as the kernel does first when it stops. */
  abort(): void;
  /** The same as `adopt`, with what is named alone. */
  contribute(declared: Partial<Contributions>): void;
}

/** What stands behind `ctx`, over real files and sockets, with time in the test's hands. */
export interface PluginStage extends AsyncDisposable {
  readonly services: PluginServicesOfAgent;
  readonly clock: FakeClock;
  readonly folder: string;
  /** Of the stores. */
  readonly path: string;
  readonly log: readonly LoggedLine[];
  readonly recorded: readonly Readonly<Record<string, unknown>>[];
  plugin(name: string, capabilities?: Capabilities, firstParty?: boolean): StagedPlugin;
  reveal(source: SecretSource): Promise<string>;
}

const NOTHING: Contributions = {
  commands: [],
  omissions: [],
  gates: [],
  collectors: [],
  sources: [],
  parsers: [],
  enrichers: [],
  listeners: [],
  probes: [],
  investigations: [],
  wizards: [],
  stores: new Map(),
  starts: [],
};

/** `folder`: that of an earlier stage, which a restarted agent finds again. */
export function setStage(
  options: { readonly folder?: string; readonly env?: Readonly<Record<string, string>> } = {},
): PluginStage {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'plugin-services-'));
  chmodSync(folder, 0o700);
  const path = join(folder, 'stormpulse.db.plugins');
  const clock = new FakeClock();
  const log: LoggedLine[] = [];
  const logger = createMemoryLogger(log);
  const recorded: Record<string, unknown>[] = [];
  const opened: StagedPlugin[] = [];
  const services = createPluginServices({
    clock,
    random: () => 0.5,
    events: { record: (event) => void recorded.push(event) },
    stores: openStoreFile({ path, logger: logger('storage') }),
    reveal: createRevealSecret(options.env ?? {}),
  });
  const plugin: PluginStage['plugin'] = (name, capabilities = {}, firstParty = false) => {
    const abort = new AbortController();
    const health: (string | undefined)[] = [];
    const held = services.open({
      name,
      firstParty,
      capabilities,
      logger: logger(name),
      signal: abort.signal,
      onHealth: (problem) => void health.push(problem),
    });
    const contribute = (declared: Partial<Contributions>): void => held.adopt({ ...NOTHING, ...declared });
    const staged = { ...held, health, abort: () => abort.abort(), contribute };
    opened.push(staged);
    return staged;
  };
  return {
    services,
    clock,
    folder,
    path,
    log,
    recorded,
    plugin,
    reveal: (source) => plugin('revealing').reveal(source),
    [Symbol.asyncDispose]() {
      opened.forEach((each) => each.close());
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** What a promise rejects with; throws when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error as { readonly code: string; readonly message: string };
  throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
}
