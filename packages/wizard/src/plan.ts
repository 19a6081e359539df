import type { Step } from '@stormpulse/plugin-api';

/** By name; looked up when the step is carried out, since a step before it may make the account. */
export interface Owner {
  readonly user: string;
  readonly group: string;
}

/** By its path, words in a list. */
export interface Program {
  readonly file: string;
  readonly argv: readonly string[];
}

type Of<K extends Step['kind']> = Extract<Step, { readonly kind: K }>;

/** What a plugin's plan holds, and what the agent's own set-up needs besides. */
export type SetupStep =
  | Of<'config-section'>
  /** `shipped`: what a new file is made of; it is shown by what sets it apart from this text. */
  | (Of<'write-file'> & { readonly owner?: Owner; readonly shipped?: string })
  /** `restart`: also when it runs already. */
  | (Of<'enable-unit'> & { readonly restart?: boolean })
  /**
   * `undo` may be another program's, and may end with these codes besides 0: such as "there is none". `into`: what the one prints the
   * other reads; both must end with 0.
   */
  | (Of<'run'> & { readonly undoFile?: string; readonly undoTolerates?: readonly number[]; readonly into?: Program })
  | Of<'verify'>
  /** `contents`: what is in it when the step is taken back; `ours` goes too. */
  | {
      readonly kind: 'make-folder';
      readonly path: string;
      readonly mode: number;
      readonly owner?: Owner;
      readonly contents?: 'kept' | 'ours';
    }
  /** All that is in a folder then, but for `except`, into another on the same file system that has none of these names. */
  | { readonly kind: 'move-entries'; readonly from: string; readonly to: string; readonly except?: readonly string[] }
  /** Of a file or folder that is there. */
  | { readonly kind: 'set-access'; readonly path: string; readonly mode: number; readonly owner?: Owner };

export interface Plan {
  /** Whose: a plugin's name, or `stormpulse`. */
  readonly plugin: string;
  readonly title: string;
  readonly steps: readonly SetupStep[];
}

/** Within what a plugin's plan has to stay. */
export interface PlanBounds {
  readonly plugin: string;
  readonly firstParty: boolean;
  /** Tables it may write, and below: `["docker"]`. */
  readonly tables: readonly (readonly string[])[];
  /** The folder of its files; the one place where it may write. */
  readonly folder: string;
  /** Files besides, by their whole path: of plugins of the agent alone. */
  readonly files?: readonly string[];
  /** The folder of the host's file and credentials. */
  readonly hostFolder: string;
  /** Texts that its operator answered. */
  readonly answered?: readonly string[];
}

/** One line for a person. */
export function titleOf(step: SetupStep): string {
  switch (step.kind) {
    case 'config-section':
      return `write [${step.section}]`;
    case 'write-file':
      return `write ${step.path} (${octal(step.mode)}${ownerText(step.owner)})`;
    case 'make-folder':
      return `make ${step.path} (${octal(step.mode)}${ownerText(step.owner)})`;
    case 'set-access':
      return `set ${step.path} to ${octal(step.mode)}${ownerText(step.owner)}`;
    case 'enable-unit':
      return `enable and ${step.restart === true ? 'restart' : 'start'} ${step.unit}`;
    case 'run':
      return `run ${[step, ...(step.into === undefined ? [] : [step.into])].map(commandLine).join(' | ')}`;
    case 'move-entries':
      return `move what is in ${step.from} to ${step.to}`;
    case 'verify':
      return `ask the probe "${step.probe}"`;
  }
}

function commandLine({ file, argv }: Program): string {
  return [file, ...argv].join(' ');
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function ownerText(owner: Owner | undefined): string {
  return owner === undefined ? '' : ` ${owner.user}:${owner.group}`;
}
