import { appendFileSync, chmodSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { look } from './durable.ts';
import { SetupPending } from './errors.ts';
import { Journal, readJournal, removeJournal } from './journal.ts';
import type { PendingJournal } from './journal.ts';
import { withLock } from './lock.ts';
import type { LockHost } from './lock.ts';
import { titleOf } from './plan.ts';
import type { Plan, SetupStep } from './plan.ts';
import type { SetupHost } from './setup-host.ts';
import { failed, intentTitle, keepStep, prepareStep, undoStep } from './steps.ts';
import type { Intent } from './steps.ts';

/** What became of a plan; `partial_rollback`: some steps could not be taken back, and the journal is kept. */
export interface Outcome {
  readonly status: 'committed' | 'unchanged' | 'rolled_back' | 'partial_rollback';
  readonly plugin: string;
  readonly title: string;
  /** Steps that were carried out, in words. */
  readonly applied: readonly string[];
  /** What failed first, then what could not be taken back. */
  readonly failures: readonly string[];
}

/**
 * Carries a plan out, all of it or nothing: each step is in the journal before it runs, and is verified after it. What fails, or an abort,
 * takes all of it back. Rejects with `E_WIZARD_PENDING`, `E_WIZARD_JOURNAL`, `E_WIZARD_BUSY`, `E_WIZARD_GONE` before anything is touched.
 */
export async function applyPlan(plan: Plan, host: SetupHost): Promise<Outcome> {
  const { plugin, title, steps } = plan;
  if (steps.length === 0) return { status: 'unchanged', plugin, title, applied: [], failures: [] };
  return await alone(host, async () => await new Run(plan, host).carryOut());
}

/**
 * Does something else to this host while no set-up goes on, and with none pending. It may take the folder of the set-ups away. Rejects as
 * {@link applyPlan}, and with what `work` does.
 */
export async function alone<T>(host: LockHost, work: () => Promise<T>): Promise<T> {
  return await locked(host, async () => {
    const pending = readJournal(host.folder);
    if (pending !== undefined) throw SetupPending({ file: pending.file, title: pending.title });
    return await work();
  });
}

/** Takes back what an earlier set-up began, or ends what it had done; undefined: nothing is pending. Rejects as {@link applyPlan}. */
export async function recover(host: SetupHost): Promise<Outcome | undefined> {
  if (look(host.folder) === undefined) return undefined;
  return await locked(host, async () => {
    const pending = readJournal(host.folder);
    return pending === undefined ? undefined : await finish(pending, host);
  });
}

async function finish(pending: PendingJournal, host: SetupHost): Promise<Outcome> {
  const { plugin, title, intents, isDone, file } = pending;
  const told = { plugin, title, applied: [] };
  if (isDone) intents.forEach(keepStep);
  const failures = isDone ? [] : await takeAllBack(intents, host);
  if (failures.length === 0) removeJournal(file);
  const status = isDone ? 'committed' : failures.length === 0 ? 'rolled_back' : 'partial_rollback';
  return receipt(host, { ...told, status, failures });
}

async function locked<T>(host: LockHost, work: () => Promise<T>): Promise<T> {
  mkdirSync(host.folder, { recursive: true, mode: 0o700 });
  chmodSync(host.folder, 0o700);
  try {
    return await withLock(host, work);
  } finally {
    removeEmpty(host.folder);
  }
}

class Run {
  readonly #plan: Plan;
  readonly #host: SetupHost;
  readonly #intents: Intent[] = [];
  readonly #applied: string[] = [];
  #journal: Journal | undefined;

  constructor(plan: Plan, host: SetupHost) {
    this.#plan = plan;
    this.#host = host;
  }

  async carryOut(): Promise<Outcome> {
    const { plugin, title } = this.#plan;
    try {
      for (const step of withFolders(this.#plan.steps, this.#host)) await this.#carryOut(step);
      const problem = this.#applied.length === 0 ? undefined : await this.#host.check?.();
      if (problem !== undefined) throw new Error(problem);
      this.#host.signal?.throwIfAborted();
      this.#journal?.done();
    } catch (error) {
      const failures = [messageOf(error), ...(await takeAllBack(this.#intents, this.#host))];
      if (failures.length === 1) this.#journal?.remove();
      else this.#journal?.close();
      const status = failures.length === 1 ? 'rolled_back' : 'partial_rollback';
      return receipt(this.#host, { status, plugin, title, applied: this.#applied, failures });
    }
    if (this.#journal === undefined) return { status: 'unchanged', plugin, title, applied: [], failures: [] };
    this.#intents.forEach(keepStep);
    this.#journal.remove();
    return receipt(this.#host, { status: 'committed', plugin, title, applied: this.#applied, failures: [] });
  }

  async #carryOut(step: SetupStep): Promise<void> {
    try {
      this.#host.signal?.throwIfAborted();
      const prepared = await prepareStep(step, this.#host);
      if (prepared === undefined) return;
      // A question changes nothing: there is nothing to take back.
      if (step.kind !== 'verify') {
        this.#journal ??= Journal.begin(this.#host.folder, this.#plan);
        this.#journal.intend(prepared.intent);
        this.#intents.push(prepared.intent);
      }
      await prepared.run();
      await prepared.verify?.();
      if (step.kind !== 'verify') this.#applied.push(titleOf(step));
      this.#host.told?.(titleOf(step));
    } catch (error) {
      throw failed(step, error);
    }
  }
}

/** Folders that a file of the plan needs and that are not there are steps of it too. */
function* withFolders(steps: readonly SetupStep[], host: SetupHost): Generator<SetupStep> {
  for (const step of steps) {
    if (step.kind === 'write-file') yield* missingFolders(dirname(step.path), host);
    yield step;
  }
}

function missingFolders(path: string, host: SetupHost): SetupStep[] {
  if (look(path) !== undefined || path === dirname(path)) return [];
  // As open as the folder of the host's file is: who may read that may go on from there.
  const mode = (look(dirname(host.config))?.mode ?? 0o700) & 0o755;
  return [...missingFolders(dirname(path), host), { kind: 'make-folder', path, mode }];
}

/** Last first; one that fails keeps no other from being taken back. */
async function takeAllBack(intents: readonly Intent[], host: SetupHost): Promise<string[]> {
  const failures: string[] = [];
  for (const intent of intents.toReversed()) {
    try {
      await undoStep(intent, host);
    } catch (error) {
      failures.push(`could not be taken back: ${intentTitle(intent)}: ${messageOf(error)}`);
    }
  }
  const hadUnits = intents.some(
    (intent) => intent.kind === 'enable-unit' || (intent.kind === 'put' && intent.path.endsWith('.service')),
  );
  if (hadUnits) await host.units.reload().catch((error: unknown) => failures.push(messageOf(error)));
  return failures;
}

/** One line for whoever asks later what was done here; it decides nothing. */
function receipt(host: SetupHost, outcome: Outcome): Outcome {
  const line = { at: new Date(host.now()).toISOString(), ...outcome };
  try {
    appendFileSync(join(host.folder, 'receipts.jsonl'), `${JSON.stringify(line)}\n`, { mode: 0o600 });
  } catch (error) {
    host.told?.(`no receipt was written: ${messageOf(error)}`);
  }
  return outcome;
}

/** Another set-up may come into it at this moment. */
function removeEmpty(folder: string): void {
  try {
    if (look(folder) !== undefined && readdirSync(folder).length === 0) rmdirSync(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
