import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { StepFailed } from './errors.ts';
import { look, syncFolder } from './durable.ts';
import type { Access } from './durable.ts';
import { moveEntries, moveEntriesBack, intendMove } from './move-entries.ts';
import type { MoveIntent } from './move-entries.ts';
import type { Owner, Program, SetupStep } from './plan.ts';
import { titleOf } from './plan.ts';
import { intendPut, isPut, keepPut, put, takeBack } from './put-file.ts';
import type { PutIntent } from './put-file.ts';
import type { SetupHost, UnitState } from './setup-host.ts';

/** File systems stamp with a clock of their own, which is a tick behind. */
const CLOCK_MS = 1_000;

/** What taking a step back needs: paths, modes, numbers; never what a file or an answer holds. */
export type Intent =
  | PutIntent
  /** One that is older than `since` (Unix milliseconds) was somebody else's. */
  | { readonly kind: 'make-folder'; readonly path: string; readonly contents: 'kept' | 'ours'; readonly since: number }
  | MoveIntent
  | ({ readonly kind: 'set-access'; readonly path: string } & Access)
  | {
      readonly kind: 'run';
      readonly file: string;
      readonly undo: readonly string[] | null;
      readonly tolerates: readonly number[];
    }
  | { readonly kind: 'enable-unit'; readonly unit: string; readonly before: UnitState }
  | { readonly kind: 'verify'; readonly probe: string };

/** A step that was looked at: its intent goes to the journal before it runs. */
export interface Prepared {
  readonly intent: Intent;
  readonly run: () => void | Promise<void>;
  /** Rejects when it is not as it should be. */
  readonly verify?: () => void | Promise<void>;
}

/** Looks and changes nothing; undefined: it is so already. Throws what keeps it from being carried out. */
export async function prepareStep(step: SetupStep, host: SetupHost): Promise<Prepared | undefined> {
  switch (step.kind) {
    case 'config-section': {
      const text = readFileSync(host.config, 'utf8');
      return preparePut(host.config, host.editTable(text, step.section.split('.'), step.values), {}, host);
    }
    case 'write-file':
      return preparePut(step.path, step.content, step, host);
    case 'make-folder':
      return prepareFolder(step, host);
    case 'set-access': {
      const there = look(step.path);
      if (there === undefined || there.isSymbolicLink())
        throw new Error(`${step.path} is ${there === undefined ? 'not there' : 'a link'}`);
      const wanted = { mode: step.mode, ...idsOr(there, step.owner, host) };
      const before = { mode: there.mode & 0o7777, uid: there.uid, gid: there.gid };
      if (before.mode === wanted.mode && before.uid === wanted.uid && before.gid === wanted.gid) return undefined;
      return { intent: { kind: 'set-access', path: step.path, ...before }, run: () => setAccess(step.path, wanted) };
    }
    case 'run':
      return {
        intent: {
          kind: 'run',
          file: step.undoFile ?? step.file,
          undo: step.undo ?? null,
          tolerates: step.undoTolerates ?? [],
        },
        run: () => runProgram(step, host, { into: step.into }),
      };
    case 'move-entries': {
      const intent = intendMove(step);
      return intent === undefined ? undefined : { intent, run: () => moveEntries(intent) };
    }
    case 'enable-unit': {
      const before = await host.units.state(step.unit);
      if (before.enabled && before.active && step.restart !== true) return undefined;
      return {
        intent: { kind: 'enable-unit', unit: step.unit, before },
        run: () => host.units.start(step.unit),
        async verify() {
          const { active } = await host.units.state(step.unit);
          if (!active) throw new Error(`${step.unit} does not run`);
        },
      };
    }
    case 'verify':
      return {
        intent: { kind: 'verify', probe: step.probe },
        async run() {
          const problem = await host.probe(step.probe);
          if (problem !== undefined) throw new Error(problem);
        },
      };
  }
}

function preparePut(
  path: string,
  content: string,
  wanted: { readonly mode?: number; readonly owner?: Owner },
  host: SetupHost,
): Prepared | undefined {
  const there = look(path);
  if (there !== undefined && !there.isFile()) throw new Error(`${path} is no regular file`);
  const access: Access = {
    mode: wanted.mode ?? (there?.mode ?? 0o600) & 0o7777,
    ...idsOr(there ?? idsOfNew(path), wanted.owner, host),
  };
  if (isPut(path, content, access)) return undefined;
  const intent = intendPut(path, content, host.now());
  return {
    intent,
    run: () => put(intent, content, access),
    verify() {
      if (!isPut(path, content, access)) throw new Error(`${path} does not hold what was written`);
    },
  };
}

function prepareFolder(step: Extract<SetupStep, { kind: 'make-folder' }>, host: SetupHost): Prepared | undefined {
  const { path, mode, owner, contents = 'kept' } = step;
  const there = look(path);
  if (there?.isDirectory() === true) return undefined;
  if (there !== undefined) throw new Error(`${path} is no folder`);
  return {
    intent: { kind: 'make-folder', path, contents, since: host.now() },
    run() {
      mkdirSync(path, { mode: mode & 0o700 });
      setAccess(path, { mode, ...idsOr(idsOfNew(path), owner, host) });
      syncFolder(dirname(path));
    },
  };
}

/** What root makes is for the group that its folder is for, such as the agent's. */
function idsOfNew(path: string): { readonly uid: number; readonly gid: number } {
  const uid = process.geteuid?.() ?? 0;
  return { uid, gid: uid === 0 ? (look(dirname(path))?.gid ?? 0) : (process.getegid?.() ?? 0) };
}

function idsOr(there: { readonly uid: number; readonly gid: number }, owner: Owner | undefined, host: SetupHost) {
  return owner === undefined ? { uid: there.uid, gid: there.gid } : host.idsOf(owner);
}

/** The owner first: a change of owner may clear bits of the mode. */
function setAccess(path: string, { mode, uid, gid }: Access): void {
  const there = look(path);
  if (there?.uid !== uid || there.gid !== gid) chownSync(path, uid, gid);
  chmodSync(path, mode);
}

async function runProgram(
  { file, argv }: Program,
  host: SetupHost,
  { into, tolerates = [] }: { readonly into?: Program | undefined; readonly tolerates?: readonly number[] } = {},
): Promise<void> {
  const { exitCode, stderr } = await host.run(file, argv, into);
  if (exitCode !== 0 && !tolerates.includes(exitCode))
    throw new Error(`${file} ended with ${exitCode}: ${stderr.trim().slice(0, 500)}`);
}

/** Takes one step back, wherever it stopped; again does nothing. Rejects with what keeps it from that. */
export async function undoStep(intent: Intent, host: SetupHost): Promise<void> {
  switch (intent.kind) {
    case 'put':
      // Its folder was made by this plan, and never came to be.
      if (look(dirname(intent.path)) !== undefined) takeBack(intent);
      return;
    case 'make-folder':
      removeFolder(intent);
      return;
    case 'move-entries':
      moveEntriesBack(intent);
      return;
    case 'set-access':
      if (look(intent.path) !== undefined) setAccess(intent.path, intent);
      return;
    case 'run':
      if (intent.undo !== null) await runProgram({ file: intent.file, argv: intent.undo }, host, intent);
      return;
    case 'enable-unit':
      await host.units.restore(intent.unit, intent.before);
      return;
    case 'verify':
  }
}

function removeFolder({ path, contents, since }: Extract<Intent, { kind: 'make-folder' }>): void {
  const there = look(path);
  // Not every file system tells when it was made.
  if (there === undefined || (there.birthtimeMs > 0 && there.birthtimeMs < since - CLOCK_MS)) return;
  if (contents === 'ours') rmSync(path, { recursive: true });
  else rmdirSync(path);
  syncFolder(dirname(path));
}

export function keepStep(intent: Intent): void {
  if (intent.kind === 'put') keepPut(intent);
}

export function failed(step: SetupStep, error: unknown): Error {
  return StepFailed({ step: titleOf(step), problem: error instanceof Error ? error.message : String(error) }, { cause: error });
}

export function intentTitle(intent: Intent): string {
  switch (intent.kind) {
    case 'run':
      return intent.file;
    case 'verify':
      return intent.probe;
    case 'enable-unit':
      return intent.unit;
    case 'move-entries':
      return intent.to;
    default:
      return intent.path;
  }
}
