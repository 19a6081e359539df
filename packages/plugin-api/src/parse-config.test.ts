import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { isAgentError } from './errors.ts';
import type { ConfigProblem } from './config-problem.ts';
import { parseConfig } from './parse-config.ts';

const SCHEMA = Type.Object({
  command: Type.Array(Type.String()),
  timeout: Type.Integer({ minimum: 1 }),
  quiet: Type.Boolean({ default: false }),
  limits: Type.Optional(Type.Record(Type.String(), Type.Number())),
});

function problemsOf(value: unknown): readonly ConfigProblem[] {
  try {
    parseConfig(SCHEMA, value);
  } catch (error) {
    if (isAgentError(error)) return error.details['problems'] as readonly ConfigProblem[];
  }
  throw new Error('nothing was refused');
}

describe('parseConfig', () => {
  it('fills defaults and changes nothing else', () => {
    expect(parseConfig(SCHEMA, { command: ['a'], timeout: 1 })).toEqual({ command: ['a'], timeout: 1, quiet: false });
  });

  it('tells every problem at once, in the words of a TOML file', () => {
    expect(problemsOf({ command: 'a', timeout: '1', quiet: 1, limits: 3, more: 1 })).toEqual([
      { path: ['more'], problem: 'is 1', expected: 'no such key' },
      { path: ['command'], problem: 'is "a"', expected: 'a list' },
      { path: ['timeout'], problem: 'is "1"', expected: 'a whole number' },
      { path: ['quiet'], problem: 'is 1', expected: 'true or false' },
      { path: ['limits'], problem: 'is 3', expected: 'a table' },
    ]);
    expect(problemsOf({ command: [] })).toEqual([{ path: ['timeout'], problem: 'is missing', expected: 'a value' }]);
    expect(problemsOf({ command: [], timeout: 0 })[0]?.expected).toMatch(/greater or equal to 1/u);
  });
});
