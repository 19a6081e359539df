import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffLines } from './diff.ts';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });

describe('a difference', () => {
  test('shows what goes and what comes with their lines, and nothing of what stays', () => {
    expect(diffLines('[a]\nkey = "secret"\nb = 1\n', '[a]\nkey = "secret"\nb = 2\n\n[c]\n')).toEqual([
      '@@ line 3',
      '- b = 1',
      '+ b = 2',
      '+ ',
      '+ [c]',
    ]);
    expect(diffLines('same\n', 'same\n')).toEqual([]);
    expect(diffLines('', 'new\n')).toEqual(['@@ line 1', '+ new']);
  });

  test('has as many lines to take out and to put in as one text differs from the other', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const shown = diffLines(before.map((line) => `${line}\n`).join(''), after.map((line) => `${line}\n`).join(''));
        const count = (sign: string): number => shown.filter((line) => line.startsWith(sign)).length;
        expect(before.length - count('- ')).toBe(after.length - count('+ '));
        const stays: string[] = [...before];
        for (const gone of shown.filter((line) => line.startsWith('- '))) stays.splice(stays.indexOf(gone.slice(2)), 1);
        for (const line of stays) expect(after).toContain(line);
      }),
    );
  });

  test('of texts with too many lines is told in numbers alone', () => {
    expect(diffLines('a\n'.repeat(5_000), 'b\n'.repeat(5_000))).toEqual(['@@ 5000 lines become 5000, too many to compare']);
  });
});
