import { describe, expect, test } from 'vitest';
import { parseHead, readFaults } from '../../../scripts/mutants/patches.mjs';
import { failures, survival } from '../../../scripts/mutants/verdict.mjs';
import { PROJECT } from './copy-of-the-project.ts';

type Status = 'failed' | 'passed' | 'skipped';

/** A report as vitest's json reporter writes it. */
const report = (tests: Readonly<Record<string, Status>>) => ({
  testResults: [
    {
      name: 'a.test.ts',
      status: Object.values(tests).includes('failed') ? 'failed' : 'passed',
      message: '',
      assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
    },
  ],
});

describe('a fault', () => {
  test('is noticed when a test that names its rule fails', () => {
    expect(survival(report({ 'a SEC-901 b': 'failed', 'SEC-901 c': 'passed' }), 'SEC-901')).toBeUndefined();
  });

  test('survives when none of them fails, whatever else does', () => {
    const others = report({ 'SEC-902': 'failed', 'SEC-901 c': 'passed', 'SEC-901 d': 'skipped' });
    expect(survival(others, 'SEC-901')).toBe('all 1 tests that name SEC-901 passed');
    expect(survival(report({ 'SEC-902': 'failed' }), 'SEC-901')).toBe('none of the tests names SEC-901');
  });

  test('survives when the tests do not even load', () => {
    const broken = { testResults: [{ name: 'a.test.ts', status: 'failed', message: 'no such\nfile', assertionResults: [] }] };
    expect(survival(broken, 'SEC-901')).toBe('a.test.ts did not even load: no such');
    expect(failures(broken)).toEqual(['a.test.ts: no such']);
  });
});

describe('a patch', () => {
  test('says which rule it breaks and which tests must notice', () => {
    const head = '# SEC-901: it holds\n# test: a.test.ts  b.test.ts\n';
    expect(parseHead('SEC-901-x.patch', `${head}--- a/x\n+++ b/x\n-line\n`)).toEqual({
      rule: 'SEC-901',
      what: 'it holds',
      tests: ['a.test.ts', 'b.test.ts'],
      built: false,
      changed: ['x'],
    });
    expect(parseHead('SEC-901-x.patch', `${head}# built\n--- a/x\n-line\n`)).toMatchObject({ built: true });
  });

  test.each([
    ['SEC-902-x.patch', '# SEC-901: it holds\n# test: a.test.ts\n'],
    ['SEC-901-x.patch', '# SEC-901:\n# test: a.test.ts\n'],
    ['SEC-901-x.patch', '# SEC-901: it holds\n--- a/x'],
    ['SEC-901-x.patch', ''],
  ])('%s, %j: refused by name', (name, text) => {
    expect(() => parseHead(name, text)).toThrow(`test/mutants/${name}: expected`);
  });

  test('that only adds lines is refused: neighbours that change would move it', () => {
    const text = '# SEC-901: it holds\n# test: a.test.ts\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+line\n';
    expect(() => parseHead('SEC-901-x.patch', text)).toThrow('takes no line out');
  });

  test('of the project: at least 40, of many rules', () => {
    const faults = readFaults(PROJECT);
    expect(faults.length).toBeGreaterThanOrEqual(40);
    expect(new Set(faults.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(40);
  });
});
