import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig } from './check.ts';
import { checkOtherTables } from './other-tables.ts';
import { isRelated, without } from './problem-paths.ts';
import { rehearse } from './rehearse.ts';
import { OTHER_TABLES, SECTIONS } from './sections.ts';

const PROGRAMS = { problemWith: () => undefined };

/** Values as TOML has them, with the keys a checker looks for among others. */
const key = fc.oneof(
  fc.constantFrom(
    'enabled',
    'name',
    'source_type',
    'command',
    'group',
    'timeout',
    'params',
    'pattern',
    'placeholder',
    'url',
    'id',
  ),
  fc.string(),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.integer(), fc.date({ noInvalidDate: true })),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(key, tie('any'), { maxKeys: 4 }),
  ),
})).any;

describe('whatever a file holds', () => {
  it('SEC-187 is told in sentences, each with a path, and nothing throws', () => {
    const names = fc.constantFrom(...Object.keys(SECTIONS), ...OTHER_TABLES, 'weather', 'constructor');
    fc.assert(
      fc.property(fc.dictionary(names, value), (file) => {
        const others = checkOtherTables(file);
        for (const { path, problem, expected } of [...checkConfig(file).problems, ...others.problems, ...others.disabling]) {
          expect(path.length).toBeGreaterThan(0);
          expect([problem, expected]).not.toContain('');
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('custom-commands is rehearsed to an end, and each problem is told once', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (commands) => {
        const { problems } = await rehearse([{ name: 'custom-commands', config: { commands } }], PROGRAMS);
        for (const [at, { path }] of problems.entries())
          expect(problems.slice(at + 1).filter((other) => other.path.join('\0') === path.join('\0'))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('without', () => {
  it('leaves everything that no path leads to', () => {
    const tables = { a: { b: 1, c: [1, 2] }, d: { e: { f: 1 } } };
    expect(
      without(tables, [
        ['a', 'b'],
        ['d', 'e', 'f'],
      ]),
    ).toEqual({ a: { c: [1, 2] }, d: { e: {} } });
    expect(without(tables, [['a', 'c', 1]])).toEqual({ a: { b: 1 }, d: { e: { f: 1 } } });
    expect(without(tables, [['x', 'y']])).toEqual(tables);
  });

  it('two paths are related when one leads to the other', () => {
    expect(isRelated(['a', 'b'], ['a'])).toBe(true);
    expect(isRelated(['a', 0], ['a', '0', 'c'])).toBe(true);
    expect(isRelated(['a', 'b'], ['a', 'c'])).toBe(false);
  });
});
