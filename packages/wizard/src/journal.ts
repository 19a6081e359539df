import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { look, syncFolder } from './durable.ts';
import { JournalDamaged } from './errors.ts';
import type { Intent } from './steps.ts';

const VERSION = 1;
const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

export interface JournalHead {
  readonly plugin: string;
  readonly title: string;
}

/** What an earlier set-up left: what it had begun, in its order. */
export interface PendingJournal extends JournalHead {
  readonly file: string;
  readonly intents: readonly Intent[];
  /** All of it was carried out; only what taking back would have needed is still there. */
  readonly isDone: boolean;
}

export function journalPath(folder: string): string {
  return join(folder, 'journal.jsonl');
}

/** A line before each step, on disk before the step runs. */
export class Journal {
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  /** Throws `EEXIST` when there is one. */
  static begin(folder: string, { plugin, title }: JournalHead): Journal {
    const path = journalPath(folder);
    const journal = new Journal(path, openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_WRONLY, 0o600));
    // Field by field: a plan holds what its steps write.
    journal.#write({ version: VERSION, plugin, title });
    syncFolder(folder);
    return journal;
  }

  intend(intent: Intent): void {
    this.#write({ intent });
  }

  /** From here on what was done stays. */
  done(): void {
    this.#write({ done: true });
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  remove(): void {
    this.close();
    removeJournal(this.#path);
  }

  #write(line: object): void {
    writeFileSync(this.#descriptor, `${JSON.stringify(line)}\n`);
    fsyncSync(this.#descriptor);
  }
}

export function removeJournal(path: string): void {
  unlinkSync(path);
  syncFolder(dirname(path));
}

/** Undefined: nothing is pending. Throws `E_WIZARD_JOURNAL` for one that cannot be read: that is not nothing. */
export function readJournal(folder: string): PendingJournal | undefined {
  const file = journalPath(folder);
  if (look(file) === undefined) return undefined;
  const damaged = (problem: string): never => {
    throw JournalDamaged({ file, problem });
  };
  const lines = readOwn(file, damaged).split('\n');
  // A line without its end was cut off while it was written: its step did not begin.
  const whole = lines.slice(0, -1).map((line, at) => parsed(line) ?? damaged(`is damaged in line ${at + 1}`));
  const [head, ...entries] = whole;
  if (head === undefined) return { file, plugin: 'stormpulse', title: 'set-up', intents: [], isDone: false };
  if (head['version'] !== VERSION) damaged(`has version ${String(head['version'])}, and this agent knows ${VERSION}`);
  const intents = entries.flatMap(({ intent, done }, at) => {
    if (done === true) return [];
    return isIntent(intent) ? [intent] : damaged(`is damaged in line ${at + 2}`);
  });
  const isDone = entries.some(({ done }) => done === true);
  return { file, plugin: String(head['plugin']), title: String(head['title']), intents, isDone };
}

function readOwn(file: string, damaged: (problem: string) => never): string {
  const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW);
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) damaged('could have been written by somebody else');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

const FIELDS: Readonly<Record<Intent['kind'], readonly (readonly [name: string, types: readonly string[]])[]>> = {
  put: [
    ['path', ['path']],
    ['before', ['path', 'null']],
    ['next', ['path']],
    ['size', ['number']],
    ['mtime', ['number']],
  ],
  'make-folder': [
    ['path', ['path']],
    ['contents', ['string']],
    ['since', ['number']],
  ],
  'move-entries': [
    ['from', ['path']],
    ['to', ['path']],
    ['names', ['list']],
  ],
  'set-access': [
    ['path', ['path']],
    ['mode', ['number']],
    ['uid', ['number']],
    ['gid', ['number']],
  ],
  run: [
    ['file', ['path']],
    ['undo', ['list', 'null']],
    ['tolerates', ['list']],
  ],
  'enable-unit': [
    ['unit', ['string']],
    ['before', ['object']],
  ],
  verify: [['probe', ['string']]],
};

function isIntent(value: unknown): value is Intent {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const kind = fields['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return false;
  return FIELDS[kind as Intent['kind']].every(([name, types]) => types.includes(typeName(fields[name])));
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' && value.startsWith('/') ? 'path' : typeof value;
}
