import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isAgentError } from '@stormpulse/plugin-api';
import { DevAgent, enrolDev } from './dev-agent.ts';
import { startHub } from './dev-hub.ts';
import { answer, completions } from './dev-prompt.ts';
import { HubPerson } from './hub-person.ts';
import { loadPlugin } from './load-plugin.ts';
import type { LoadOptions } from './load-plugin.ts';
import { readPackage } from './stage-package.ts';
import { watchFolder } from './watch-folder.ts';

export type DevOptions = LoadOptions;

/** What a build writes: looked at, it would be loaded twice. */
const BUILT = new Set(['dist', 'build', 'coverage', 'manifest.json', 'package-lock.json']);

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * `stormpulse dev`: lives until SIGINT, SIGTERM, SIGHUP or the end of its input, and then ends what it started and removes its state.
 * Rejects with `E_AGENT_REFUSED` when the folder holds no plugin that starts, or there is no hub.
 */
export async function dev(place: string, options: DevOptions): Promise<void> {
  const folder = resolve(place);
  const hasBuild = readPackage(folder).scripts?.['build'] !== undefined;
  // What is installed is read by the processes of plugins.
  process.umask(0o022);
  const state = mkdtempSync(join(tmpdir(), 'stormpulse-dev-'));
  const releases: (() => Promise<void> | void)[] = [() => rmSync(state, { recursive: true, force: true })];
  const stopped = untilStopped();
  try {
    const hub = await startHub(folder, join(state, 'hub'));
    releases.push(() => hub.close());
    const host = new DevHost(folder, state, await enrolDev(hub, state), options);
    releases.push(() => host.stop());
    await host.load();
    const person = await HubPerson.signIn(hub);
    print(`the hub's page, with this plugin: ${await hub.setupLink()}`);
    const ignored = hasBuild ? BUILT : new Set([...BUILT].filter((name) => name !== 'dist' && name !== 'build'));
    releases.push(watchFolder(folder, ignored, () => void host.reload()));
    const ended = prompt(host, person);
    releases.push(ended.close);
    await Promise.race([stopped, ended.done]);
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

/** The agent with the plugin as it is now. Loads follow each other; a line at the prompt waits for the one that runs. */
class DevHost {
  readonly #folder: string;
  readonly #state: string;
  readonly #base: string;
  readonly #options: LoadOptions;
  #agent: DevAgent | undefined;
  #settled: Promise<void> = Promise.resolve();
  #stopping = false;
  plugin = '';

  constructor(folder: string, state: string, base: string, options: LoadOptions) {
    this.#folder = folder;
    this.#state = state;
    this.#base = base;
    this.#options = options;
  }

  get settled(): Promise<void> {
    return this.#settled;
  }

  async load(): Promise<void> {
    const plugin = await loadPlugin(this.#folder, this.#state, this.#base, this.#options);
    if (this.#stopping) return;
    await this.#agent?.stop();
    this.plugin = plugin;
    this.#agent = new DevAgent(this.#state, join(this.#state, 'stormpulse.toml'), (line) => this.#log(line));
    const { plugins, commands } = await this.#agent.live(plugin);
    const own = plugins.find(({ name }) => name === plugin);
    const offered = commands.filter((name) => name.startsWith(`${plugin}_`));
    print(
      `${plugin}: ${own?.state ?? 'not loaded'}${own?.reason === undefined ? '' : `, ${own.reason}`}; ${offered.join(', ') || 'no command'}`,
    );
  }

  reload(): Promise<void> {
    this.#settled = this.#settled.then(() => this.load()).catch((error: unknown) => print(`not loaded: ${wordsOfError(error)}`));
    return this.#settled;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#settled;
    await this.#agent?.stop();
  }

  /** What the plugin says, and what went wrong elsewhere. */
  #log(line: string): void {
    let entry: { readonly name?: string; readonly level?: string; readonly msg?: string };
    try {
      entry = JSON.parse(line) as typeof entry;
    } catch {
      return;
    }
    if (entry.name === this.plugin || entry.level === 'error')
      print(`[${entry.name ?? ''}] ${entry.level ?? ''}: ${entry.msg ?? line}`);
  }
}

function prompt(host: DevHost, person: HubPerson): { readonly done: Promise<void>; readonly close: () => void } {
  const complete = (line: string, give: (error: null, found: [string[], string]) => void): void => {
    const last = line.split(' ').at(-1) ?? '';
    completions(line, host.plugin, person).then(
      (found) => give(null, [[...found], last]),
      () => give(null, [[], last]),
    );
  };
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ', completer: complete });
  let turn = Promise.resolve();
  terminal.on('line', (line) => {
    turn = turn.then(async () => {
      await host.settled;
      try {
        for (const text of await answer(line, host.plugin, person)) print(text);
      } catch (error) {
        print(wordsOfError(error));
      }
      terminal.prompt();
    });
  });
  // At a terminal the interface takes Ctrl-C for itself.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const done = new Promise<void>((resolve) => void terminal.once('close', () => void turn.then(resolve)));
  terminal.prompt();
  return { done, close: () => terminal.close() };
}

function wordsOfError(error: unknown): string {
  if (isAgentError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
