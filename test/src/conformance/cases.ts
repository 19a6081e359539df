import { isDeepStrictEqual } from 'node:util';
import type { Dialect } from '@stormpulse/protocol';
import { plain } from './vectors.ts';
import type { Vectors } from './vectors.ts';

/** A case that did not come out as its vector says. */
export interface Failure {
  /** `section/id`. */
  readonly id: string;
  readonly message: string;
}

/** Runs the cases of one file's format against the built code. */
export type Format = (vectors: Vectors, dialect: Dialect, cases: Cases) => Promise<void> | void;

/** Counts the cases of one file. */
export class Cases {
  readonly failures: Failure[] = [];
  passed = 0;

  /** One case: it passes when `work` returns. */
  async check(id: string, work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
      this.passed += 1;
    } catch (error) {
      this.failures.push({ id, message: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** Fails the case unless both are the same JSON value; object keys may come in any order. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(plain(actual), plain(expected))) return;
  throw new Error(`${what}: expected ${shown(expected)}, got ${shown(actual)}`);
}

/** Fails the case. */
export function fail(message: string): never {
  throw new Error(message);
}

function shown(value: unknown): string {
  const text = JSON.stringify(plain(value)) ?? 'nothing';
  return text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length} characters)` : text;
}
