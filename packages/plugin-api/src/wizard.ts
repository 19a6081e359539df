import type { Exec } from './exec.ts';
import type { AbsolutePath, Infer, TObject } from './schema.ts';

/** A closed set: the engine owns how each kind is previewed, applied, verified and undone. */
export type Step =
  /** Sets keys of one table of the host's file, the others and all comments stay; `null` takes a key away. */
  | { readonly kind: 'config-section'; readonly section: string; readonly values: Readonly<Record<string, unknown>> }
  /** In the folder of this wizard; the mode lets nobody but the owner write. */
  | { readonly kind: 'write-file'; readonly path: AbsolutePath; readonly content: string; readonly mode: number }
  /** First-party wizards only. */
  | { readonly kind: 'enable-unit'; readonly unit: string }
  /** First-party wizards only. No secret in its words: they are shown, and every process of the host can read them. */
  | {
      readonly kind: 'run';
      readonly file: AbsolutePath;
      readonly argv: readonly string[];
      /** The same program's; good also when it never ran. */
      readonly undo?: readonly string[];
    }
  /** Asks a probe of the plugin, by its local id. */
  | { readonly kind: 'verify'; readonly probe: string };

/** What a wizard may look at. */
export interface WizardHost {
  readonly exec: Exec;
  readonly exists: (path: AbsolutePath) => Promise<boolean>;
  /** Where files of this wizard go: `write-file` writes below it and nowhere else. It need not be there. */
  readonly folder: AbsolutePath;
  readonly signal: AbortSignal;
}

export interface WizardSpec<D, Q extends TObject> {
  readonly title: string;
  /** Looks, changes nothing. */
  readonly detect: (host: WizardHost) => Promise<D>;
  readonly questions: (detected: D) => Q;
  /** Pure. An empty plan means that there is nothing to do. A plugin that runs elsewhere answers later. */
  readonly plan: (input: { readonly detected: D; readonly answers: Infer<Q> }) => readonly Step[] | Promise<readonly Step[]>;
}

/** Frozen and inert. */
export interface Wizard {
  readonly spec: WizardSpec<unknown, TObject>;
}

/** The agent only records that a wizard exists; the engine is in the command line. Only during setup, one a plugin. */
export interface Wizards {
  register(wizard: Wizard): void;
}

/** Defines a wizard: detect, ask, plan. */
export function wizard<D, const Q extends TObject>(spec: WizardSpec<D, Q>): Wizard {
  return Object.freeze({ spec: Object.freeze({ ...spec }) as unknown as WizardSpec<unknown, TObject> });
}
