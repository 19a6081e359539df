import type { LogRecord } from '@stormpulse/plugin-api';
import { unpackError } from './travelling-error.ts';

interface Waiting {
  readonly line: string;
  readonly resolve: (record: LogRecord | undefined) => void;
  readonly reject: (error: Error) => void;
}

const MAX_LINES = 500;

/** Lines that are given to one parser in the same turn go over together. */
export class LineBatch {
  readonly #ask: (lines: readonly string[]) => Promise<unknown>;
  #waiting: Waiting[] = [];

  constructor(ask: (lines: readonly string[]) => Promise<unknown>) {
    this.#ask = ask;
  }

  parse(line: string): Promise<LogRecord | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      if (this.#waiting.length === 1) queueMicrotask(() => void this.#send());
      if (this.#waiting.length >= MAX_LINES) void this.#send();
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      const answers = await this.#ask(batch.map(({ line }) => line));
      batch.forEach(({ resolve, reject }, at) => {
        const { record, error } = (Array.isArray(answers) ? (answers[at] ?? {}) : {}) as { record?: unknown; error?: unknown };
        if (error !== undefined) return reject(unpackError(error));
        if (record === undefined || record === null) return resolve(undefined);
        if (isRecord(record)) return resolve(record);
        return reject(new Error('its record has no ts and no message'));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }
}

function isRecord(value: unknown): value is LogRecord {
  const { ts, message, fields = {} } = value as Readonly<Record<string, unknown>>;
  return typeof ts === 'number' && typeof message === 'string' && typeof fields === 'object' && fields !== null;
}
