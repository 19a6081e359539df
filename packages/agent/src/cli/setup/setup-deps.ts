import type { Asker, Units } from '@stormpulse/wizard';
import type { GivenAnswers } from './answers-file.ts';
import type { PluginSources } from './find-wizards.ts';
import type { Programs } from './programs.ts';
import type { SetupPaths } from './setup-paths.ts';

/** What the set-up commands touch besides files. */
export interface SetupDeps {
  readonly paths: SetupPaths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly asker: Asker;
  /** Undefined: a person is asked. */
  readonly answers: GivenAnswers | undefined;
  readonly print: (line: string) => void;
  /** This program, by whole paths: Node, its main file, the folder of the shipped units. */
  readonly program: { readonly node: string; readonly main: string; readonly units: string };
  readonly programs: Programs;
  readonly units: Units & { readonly isThere: boolean };
  readonly plugins: PluginSources;
  readonly signal?: AbortSignal;
}
