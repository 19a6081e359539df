import type { ExecResult } from '@stormpulse/plugin-api';
import type { ExecCall } from '../fakes/runner.ts';

/** What the checks need to know of a plugin's package. */
export interface ConformanceFixture {
  /** A configuration the plugin accepts. */
  readonly config: object;
  readonly pkg: { readonly name: string; readonly version: string };
  /** Default true, as in the harness. */
  readonly firstParty?: boolean;
  /** Parameters to call a command with, by its local id; without them: the defaults and examples of its schema. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
  /** The folder of the package, for what its documents say. */
  readonly folder?: URL;
  /** Where the plugin's keys stand in `config.example.toml`. Default: `[plugins.<name>.config]`. */
  readonly example?: (toml: Readonly<Record<string, unknown>>) => unknown;
  /**
   * What the build made of the plugin: `conformance()` runs the checks of its code again with that file in a process of its own, and once
   * more in a thread.
   */
  readonly built?: URL;
  /** Waits until a plugin whose code runs elsewhere is at rest. Default: some turns of the event loop. */
  readonly settle?: () => Promise<void>;
  /** For C18, of a plugin with a wizard. */
  readonly wizard?: WizardFixture;
}

/** The host that a wizard is tried on, and what it is answered. */
export interface WizardFixture {
  /** By key, over the defaults of the questions. Without them the defaults are tried, and once more with a yes to every yes-no question. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** What is on the host, by whole paths. Default: it is tried where nothing is, and where everything is that it looks for. */
  readonly there?: readonly string[];
  /** Of a plugin of the agent: files besides those in its folder that it may write, by whole paths. */
  readonly files?: readonly string[];
  /** What a program says, and does to the files of the host that is tried. Without it: it does nothing and succeeds. */
  readonly program?: (program: ScratchProgram) => Partial<ExecResult> | undefined;
}

/** A program that `detect` or a step `run` started. */
export interface ScratchProgram extends Pick<ExecCall, 'file' | 'args'> {
  /** Where a path of the host really lies. */
  readonly at: (path: string) => string;
}

/** Problems found; none when the check passes. */
export type Problems = readonly string[];
