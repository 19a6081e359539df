import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entriesOf } from '../../../scripts/rules/read-list.mjs';
import { showRules } from '../../../scripts/rules/show-rules.mjs';
import { namesIn } from '../../../scripts/rules/test-names.mjs';
import { PROJECT } from './copy-of-the-project.ts';

const names = (text: string): string[] => namesIn(text, 'a.test.ts');

describe('names of tests', () => {
  test('begin with those of the groups around them', () => {
    const text = "describe('SEC-901 a', () => { describe('b', () => { it('c', f); test('d', f); }); }); it('e', f);";
    expect(names(text)).toEqual(['SEC-901 a > b > c', 'SEC-901 a > b > d', 'e']);
  });

  test.each([
    ["it.each([['x', 1], ['y', 2]])('a %s %i', f)", ['a x 1', 'a y 2']],
    ["it.each(['x', other()])('a %s', f)", ['a x', 'a …']],
    ["const rows = [{ name: 'x' }, { name: 'y' }] as const; test.for(rows)('a $name $other', f)", ['a x $other', 'a y $other']],
    ["it.each(vectors.cases)('SEC-901 $id', f)", ['SEC-901 $id']],
    ["const rows = [{ name: 'x' }]; for (const row of rows) it(row.name, f)", ['x']],
    ["describe.each(['x', 'y'])('%s', () => { it('a', f); })", ['x > a', 'y > a']],
    ['const who = "me"; it(`a ${who} ${other()} b`, f)', ['a me … b']],
    ["it('a ' + 'b', f)", ['a b']],
    ["it.runIf(root)('a', f); describe.skipIf(root)('b', () => { it('c', f); })", ['a', 'b > c']],
  ])('are read from %s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  test('do not come from tests that are skipped, from comments or from other strings', () => {
    const text =
      "it.skip('a', f); it.todo('b', f); describe.skip('c', () => { it('d', f); }); // it('e', f)\nrun('f', g); exec(\"it('h', f)\");";
    expect(names(text)).toEqual([]);
  });
});

describe('the list', () => {
  test('knows what must be named, what waits, and for what', () => {
    const text =
      '| rule | asks | proof |\n|---|---|---|\n| SEC-901 | a | A | test |\n| B2 | b | waits: jobs |\n| B3 | c | test; waits: x |\n| B4 | d | later |';
    expect(entriesOf(text, 'page.md')).toEqual([
      { id: 'SEC-901', title: 'a', required: true, waits: null },
      { id: 'B2', title: 'b', required: false, waits: 'jobs' },
      { id: 'B3', title: 'c', required: true, waits: 'x' },
      { id: 'B4', title: 'd', required: false, waits: null },
    ]);
  });

  test.each(['', 'tested', 'test, waits: x'])('does not guess what "%s" means as proof', (proof) => {
    expect(() => entriesOf(`\n| SEC-901 | a | A | ${proof} |`, 'page.md')).toThrow('page.md:2: SEC-901');
  });

  test.each([{ cases: false }, { cases: true }])('of the project can be read: %j', (which) => {
    const entries = JSON.parse(showRules(PROJECT, { ...which, json: true }).text) as { id: string; tests: unknown[] }[];
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    expect(entries.length).toBeGreaterThan(70);
    expect(entries.filter(({ tests }) => tests.length > 0).length).toBeGreaterThan(50);
  });
});

describe('a project', () => {
  let root: string;
  const plant = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rules-'));
    for (const folder of ['packages', 'plugins', 'examples', 'test/src']) mkdirSync(join(root, folder), { recursive: true });
    plant('docs/reference/security-rules.md', '| SEC-901 | nothing leaks | A | test |\n| SEC-902 | later | A | waits: jobs |\n');
    plant('packages/a/node_modules/b/src/b.test.ts', "it('SEC-901', f)");
    plant('packages/a/src/a.test.ts', "it('xSEC-901 SEC-9011 SEC-901-a SEC-901 to 903, SEC-900 to SEC-901', f)");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('with a rule that no test names fails, and the rule is named', () => {
    const { text, problem } = showRules(root);
    expect(problem).toContain('no test names SEC-901;');
    expect(text).toMatch(/^SEC-901 +missing +0 {2}nothing leaks$/mu);
    expect(text).toMatch(/^SEC-902 +waits +0 {2}later \(waits: jobs\)$/mu);
    expect(text).toMatch(/^0 named, 1 missing, 1 waits, 0 not yet$/mu);
  });

  test('passes as soon as one does, and the test is shown', () => {
    plant('plugins/b/test/b.test.ts', "describe('SEC-901: quiet', () => { it('one', f); it('two', f); })");
    const { text, problem } = showRules(root);
    expect(problem).toBeUndefined();
    expect(text).toMatch(
      /^SEC-901 +named +2 {2}nothing leaks\n +plugins\/b\/test\/b\.test\.ts: SEC-901: quiet > one \(and 1 more\)$/mu,
    );
  });
});
