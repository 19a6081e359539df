import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { look, syncFolder } from './durable.ts';
import type { SetupStep } from './plan.ts';

/** The names as they were when the step's turn came: what is put there later is none of it. */
export interface MoveIntent {
  readonly kind: 'move-entries';
  readonly from: string;
  readonly to: string;
  readonly names: readonly string[];
}

/** Undefined: there is nothing to move. Throws when a name is taken there. */
export function intendMove({ from, to, except = [] }: Extract<SetupStep, { kind: 'move-entries' }>): MoveIntent | undefined {
  const names = readdirSync(from).filter((name) => !except.includes(name));
  const taken = names.find((name) => look(join(to, name)) !== undefined);
  if (taken !== undefined) throw new Error(`${join(to, taken)} is there already`);
  return names.length === 0 ? undefined : { kind: 'move-entries', from, to, names };
}

export function moveEntries({ from, to, names }: MoveIntent): void {
  for (const name of names) renameSync(join(from, name), join(to, name));
  syncFolder(to);
  syncFolder(from);
}

/** Wherever it stopped; again does nothing. Throws when a name was taken again since. */
export function moveEntriesBack({ from, to, names }: MoveIntent): void {
  // A folder that the same plan made goes after this: it was all taken back before, and what has these names now is somebody else's.
  if (look(from) === undefined) return;
  const moved = names.filter((name) => look(join(to, name)) !== undefined);
  for (const name of moved) {
    if (look(join(from, name)) !== undefined) throw new Error(`${join(from, name)} is there again; what it was is in ${to}`);
    renameSync(join(to, name), join(from, name));
  }
  if (moved.length === 0) return;
  syncFolder(from);
  syncFolder(to);
}
