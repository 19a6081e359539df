import { isAgentError } from '@stormpulse/plugin-api';
import type { GatedCommand } from '@stormpulse/plugin-api';
import {
  PluginInvalidExport,
  PluginSetup,
  bindSecrets,
  definitionOf,
  describePlugin,
  parseConfig,
  recordSetup,
} from '@stormpulse/plugin-api/internal';
import type { Contributions, PluginManifest } from '@stormpulse/plugin-api/internal';
import { bytes, numberOf, text } from './args.ts';
import { collect, detect } from './child-collectors.ts';
import { childMembers } from './child-members.ts';
import type { Pieces, States } from './child-members.ts';
import { keyOf, runCall } from './child-runs.ts';
import { detectWizard, investigate } from './child-questions.ts';
import { packError, textOf } from './travelling-error.ts';
import type { Args, Rpc, Running } from './rpc.ts';
import { StreamServer } from './streams.ts';

type Answer = (args: Args, running: Running) => Promise<unknown>;

/** The plugin's own side: runs its code, and answers the calls into it. */
export class ChildPlugin {
  readonly #abort = new AbortController();
  readonly #releases: (() => Promise<void>)[] = [];
  readonly #pieces: Pieces = new Map();
  readonly #states: States = new Map();
  readonly #streams = new StreamServer();
  #rpc: Rpc | undefined;
  #declared: Contributions | undefined;

  connect(rpc: Rpc): void {
    this.#rpc = rpc;
  }

  async answer(name: string, args: Args, running: Running): Promise<unknown> {
    const answer = Object.hasOwn(this.#answers, name) ? this.#answers[name] : undefined;
    if (answer === undefined) throw new Error(`a plugin has nothing called "${name}"`);
    return await answer(args, running);
  }

  get #line(): Rpc {
    if (this.#rpc === undefined) throw new Error('the plugin is not connected');
    return this.#rpc;
  }

  get #contributions(): Contributions {
    if (this.#declared === undefined) throw new Error('the plugin is not set up');
    return this.#declared;
  }

  readonly #answers: Readonly<Record<string, Answer>> = {
    init: async (args) => await this.#init(args),
    ping: () => Promise.resolve({ bytes: ownBytes() }),
    start: async () => {
      for (const start of this.#contributions.starts) await start(this.#abort.signal);
    },
    stop: async () => await this.#stop(),
    run: async (args, running) => await runCall(this.#contributions, args, running, this.#line),
    key: async (args) => await Promise.resolve(keyOf(this.#contributions, args)),
    collect: async (args, { signal }) => await collect(this.#contributions, args, signal, this.#states),
    detect: async (args, { signal }) => await detect(this.#contributions, args, signal, this.#states),
    allow: async ({ at, call }) => await this.#at('gates', at).allow(call as GatedCommand & { readonly requestId: string }),
    admit: async ({ at, command }) => (await this.#at('gates', at).admit?.(command as GatedCommand)) ?? { allow: true },
    probe: async ({ at }, { signal }) => await this.#at('probes', at).check(signal),
    listener: async ({ at, payload }) => await this.#at('listeners', at).listener(payload),
    open: async ({ id, from }) => await Promise.resolve(this.#open(text(id, 'id'), from)),
    next: async ({ stream }, { signal }) => await this.#streams.next(stream, signal),
    end: async ({ stream }) => await this.#streams.end(stream),
    piece: async ({ stream, bytes: piece }) => await this.#pieces.get(numberOf(stream))?.(bytes(piece)),
    parse: async ({ id, lines }) => await this.#parse(text(id, 'id'), lines as readonly string[]),
    enrich: async ({ parser, record }) =>
      await this.#contributions.enrichers.find((one) => one.parser === parser)?.enrich(record as never),
    investigate: async (args, { signal }) => await investigate(this.#contributions, args, signal, this.#line),
    'wizard.detect': async (args, { signal }) => await detectWizard(this.#contributions, args, signal, this.#line),
    'wizard.plan': async ({ at, detected, answers }) =>
      await this.#at('wizards', at).spec.plan({ detected, answers: answers as never }),
  };

  async #init({ name, entry, config }: Args): Promise<PluginManifest> {
    const plugin = text(name, 'name');
    const loaded = (await import(text(entry, 'entry'))) as { readonly default?: unknown };
    const definition = definitionOf(loaded.default);
    if (definition === undefined) throw PluginInvalidExport({ plugin });
    const read = parseConfig(definition.configSchema, config);
    bindSecrets(read, async (source) => String(await this.#line.call('reveal', { source })));
    const capabilities = definition.capabilities(read);
    const members = {
      rpc: this.#line,
      plugin: definition.name,
      origins: capabilities.http ?? [],
      signal: this.#abort.signal,
      defer: (release: () => Promise<void>) => void this.#releases.push(release),
    };
    try {
      this.#declared = recordSetup(definition, read, childMembers(members, this.#pieces, this.#states));
    } catch (error) {
      throw isAgentError(error) ? error : PluginSetup({ plugin, problem: `threw ${String(error)}` });
    }
    return describePlugin(definition, capabilities, this.#declared);
  }

  /** Everything it opened, last first; one that fails keeps no other open. */
  async #stop(): Promise<void> {
    this.#abort.abort(new Error('the plugin is stopping'));
    for (const release of this.#releases.splice(0).toReversed()) {
      try {
        await release();
      } catch (error) {
        this.#line.note('log', { level: 'error', message: `a release failed: ${textOf(error)}` });
      }
    }
  }

  #open(id: string, from: unknown): number {
    const source = this.#contributions.sources.find((one) => one.id === id);
    if (source === undefined || !('open' in source)) throw new Error(`it has no log source "${id}" that it reads itself`);
    const ended = new AbortController();
    const items = source.open(from as string | undefined, AbortSignal.any([this.#abort.signal, ended.signal]));
    return this.#streams.open(items, () => ended.abort(new Error('nobody reads it any more')));
  }

  /** Each line alone: one that throws costs itself. */
  async #parse(id: string, lines: readonly string[]): Promise<readonly object[]> {
    const parser = this.#contributions.parsers.find((one) => one.id === id);
    if (parser === undefined) throw new Error(`it has no parser "${id}"`);
    return await Promise.all(
      lines.map(async (line) => {
        try {
          return { record: await parser.parse(line) };
        } catch (error) {
          return { error: packError(error) };
        }
      }),
    );
  }

  #at<K extends 'gates' | 'probes' | 'listeners' | 'wizards'>(list: K, at: unknown): Contributions[K][number] {
    const found = (this.#contributions[list] as readonly Contributions[K][number][])[numberOf(at)];
    if (found === undefined) throw new Error(`it has no such entry in its ${list}`);
    return found;
  }
}

/** Of this process or thread alone; in a thread nobody else can see it. */
function ownBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
