import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecResult, Step } from '@stormpulse/plugin-api';
import type { SetupHost, UnitState } from '@stormpulse/wizard';
import { stringify } from 'smol-toml';
import { editTable } from './edit-table.ts';
import type { ScratchProgram } from './fixture.ts';

const HOST_FOLDER = 'etc/stormpulse';
const SETUP_FOLDER = `${HOST_FOLDER}/setup`;
const NOT_DONE = { exitCode: 1, stderr: 'it failed' };
const OFF: UnitState = { enabled: false, active: false };

export interface ScratchHostOptions {
  readonly plugin: string;
  /** What the host's file says before. */
  readonly file: object;
  /** Whether something is there that is not in the folder of this host. */
  readonly isThere: (path: string) => boolean;
  readonly program: (program: ScratchProgram) => Partial<ExecResult> | undefined;
  readonly probes: readonly string[];
}

/** A host in a folder: real files, and units, programs and probes that are played. `close` removes it. */
export class ScratchHost {
  readonly #options: ScratchHostOptions;
  readonly #root = mkdtempSync(join(tmpdir(), 'stormpulse-host-'));
  readonly #units = new Map<string, UnitState>();
  /** Programs that ran, each with its words. */
  readonly ran: (readonly string[])[] = [];
  /** The step that goes wrong, before or after it does what it does. */
  failing: { readonly step: Step; readonly isDone: boolean } | undefined;
  /** Why the host's file may not be as it is; undefined: it may. */
  check: (text: string) => string | undefined = () => undefined;

  constructor(options: ScratchHostOptions) {
    this.#options = options;
    mkdirSync(this.at(`/${HOST_FOLDER}`), { recursive: true, mode: 0o700 });
    writeFileSync(this.config, stringify(options.file), { mode: 0o640 });
  }

  /** Where a path of the host lies. */
  at(path: string): `/${string}` {
    return (path.startsWith(`${this.#root}/`) ? path : join(this.#root, path)) as `/${string}`;
  }

  get hostFolder(): string {
    return this.at(`/${HOST_FOLDER}`);
  }

  get config(): string {
    return join(this.hostFolder, 'stormpulse.toml');
  }

  get text(): string {
    return readFileSync(this.config, 'utf8');
  }

  /** Of the files of the plugin's wizard. */
  get folder(): `/${string}` {
    return this.at(`/${HOST_FOLDER}/plugins/${this.#options.plugin}`);
  }

  /** Words about this host, as they would be on a real one. */
  told(words: string): string {
    return words.replaceAll(this.#root, '');
  }

  exists(path: string): boolean {
    return existsSync(this.at(path)) || (!path.startsWith(this.#root) && this.#options.isThere(path));
  }

  run(file: string, args: readonly string[]): ExecResult {
    this.ran.push([file, ...args]);
    const at = (path: string): string => this.at(path);
    return { exitCode: 0, stdout: '', stderr: '', truncated: false, ...this.#options.program({ file, args, at }) };
  }

  /** As a program's caller sees it: rejects when it failed. */
  async exec(file: string, args: readonly string[]): Promise<ExecResult> {
    const result = this.run(file, args);
    if (result.exitCode !== 0) throw new Error(`${file} exited with ${result.exitCode}: ${result.stderr}`);
    return await Promise.resolve(result);
  }

  /** For the engine that carries plans out. */
  get setup(): SetupHost {
    return {
      folder: this.at(`/${SETUP_FOLDER}`),
      config: this.config,
      editTable,
      idsOf: ({ user }) => {
        throw new Error(`there is no user "${user}"`);
      },
      run: (file, argv) => {
        const failing = this.#failing('run');
        const isFailing = failing?.file === file && failing.argv === argv;
        const { exitCode, stderr } = isFailing && !this.#isDone ? NOT_DONE : this.run(file, argv);
        return Promise.resolve({ exitCode: isFailing ? NOT_DONE.exitCode : exitCode, stderr });
      },
      units: {
        state: (unit) => Promise.resolve(this.#units.get(unit) ?? OFF),
        start: (unit) => {
          const isFailing = this.#failing('enable-unit')?.unit === unit;
          if (!isFailing || this.#isDone) this.#units.set(unit, { enabled: true, active: !isFailing });
          return Promise.resolve();
        },
        restore: (unit, before) => Promise.resolve(void this.#units.set(unit, before)),
        reload: () => Promise.resolve(),
      },
      probe: (id) => Promise.resolve(this.#probeProblem(id)),
      check: () => Promise.resolve(this.check(this.text)),
      processMark: (pid) => (pid === process.pid ? 'this run' : undefined),
      now: Date.now,
    };
  }

  #failing<K extends Step['kind']>(kind: K): Extract<Step, { readonly kind: K }> | undefined {
    const step = this.failing?.step;
    return step?.kind === kind ? (step as Extract<Step, { readonly kind: K }>) : undefined;
  }

  get #isDone(): boolean {
    return this.failing?.isDone === true;
  }

  #probeProblem(id: string): string | undefined {
    const { probes } = this.#options;
    if (this.#failing('verify')?.probe === id) return 'it is not well';
    return probes.includes(id) ? undefined : `the plugin has no probe "${id}"; it has ${probes.join(', ') || 'none'}`;
  }

  /** Every file with its mode and content, every folder and link, and every unit that is not off. */
  get seen(): ReadonlyMap<string, string> {
    const seen = new Map<string, string>();
    const visit = (folder: string): void => {
      for (const name of readdirSync(this.at(folder))) {
        const path = `${folder}/${name}`;
        if (path === `/${SETUP_FOLDER}`) continue;
        seen.set(path, looksOf(this.at(path)));
        if (lstatSync(this.at(path)).isDirectory()) visit(path);
      }
    };
    visit('');
    for (const [unit, { enabled, active }] of this.#units)
      if (enabled || active) seen.set(unit, `${String(enabled)} ${String(active)}`);
    return seen;
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** What is not on both sides, or not the same. */
export function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}

function looksOf(path: string): string {
  const there = lstatSync(path);
  const content = there.isFile() ? readFileSync(path, 'base64') : there.isSymbolicLink() ? readlinkSync(path) : '';
  return `${there.mode.toString(8)} ${content}`;
}
