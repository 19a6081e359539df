import type { Owner, Program } from './plan.ts';

/** systemd, or what stands for it. Each rejects with what it says. */
export interface Units {
  state(unit: string): Promise<UnitState>;
  /** Enables it and resolves when it runs. */
  start(unit: string): Promise<void>;
  /** As it was. */
  restore(unit: string, before: UnitState): Promise<void>;
  /** Files of units came or went. */
  reload(): Promise<void>;
}

export interface UnitState {
  readonly enabled: boolean;
  readonly active: boolean;
}

/** What a set-up touches besides files. */
export interface SetupHost {
  /** Of journal, lock and receipts; its parent is there. */
  readonly folder: string;
  /** The host's file. */
  readonly config: string;
  /** The text with those keys set in one table, everything else as it was; null takes a key away. Throws when it is not edited. */
  readonly editTable: (text: string, table: readonly string[], values: Readonly<Record<string, unknown>>) => string;
  /** Throws when there is no such account. */
  readonly idsOf: (owner: Owner) => { readonly uid: number; readonly gid: number };
  /** A program by its path, no shell; what it prints is read by `into`, and the first of the two that failed gives the code. */
  readonly run: (
    file: string,
    argv: readonly string[],
    into?: Program,
  ) => Promise<{ readonly exitCode: number; readonly stderr: string }>;
  readonly units: Units;
  /** Asks a probe of the plugin, with the host's file as it is then; undefined: it is well. */
  readonly probe: (id: string) => Promise<string | undefined>;
  /** After all steps: why it may not stay; undefined: it may. */
  readonly check?: () => Promise<string | undefined>;
  /** Tells one process from a later one with the same number; undefined: there is none. */
  readonly processMark: (pid: number) => string | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Told what was carried out, in words. */
  readonly told?: (line: string) => void;
  /** Aborted: what was begun is taken back. */
  readonly signal?: AbortSignal;
}
