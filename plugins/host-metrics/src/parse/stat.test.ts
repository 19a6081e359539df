import { describe, expect, test } from 'vitest';
import { parseStat } from './stat.ts';

const RECORDED = `cpu  6386 0 2143 336985 324 0 79 41 7 3
cpu0 2742 0 983 169196 37 0 30 19 0 0
cpu2 3644 0 1159 167789 286 0 48 22 0 0
intr 541986 0 0 0 2 2 16
ctxt 1079501
btime 1795251550
processes 8766
softirq 227946 0 26789
`;

describe('/proc/stat', () => {
  test('gives the eight columns that guest times are already inside of, and the boot time', () => {
    const stat = parseStat(RECORDED);
    expect(stat.all).toEqual([6386, 0, 2143, 336985, 324, 0, 79, 41]);
    expect(stat.bootSeconds).toBe(1795251550);
  });

  test('keeps the number of a CPU when one before it is off', () => {
    expect([...parseStat(RECORDED).cores.keys()]).toEqual([0, 2]);
  });

  test('takes a missing column for one that never grew', () => {
    expect(parseStat('cpu  1 2 3 4\n').all).toEqual([1, 2, 3, 4, 0, 0, 0, 0]);
  });

  test('passes over a garbled line and keeps the others', () => {
    const stat = parseStat('cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 x 4\ncpu1 -1 2 3 4\ncpu2 1 2 3 4 5 6 7 8\nbtime x\n');
    expect(stat.all).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...stat.cores.keys()]).toEqual([2]);
    expect(stat.bootSeconds).toBeUndefined();
  });

  test('takes no number that is longer than a counter of the kernel', () => {
    expect(parseStat(`cpu  ${'9'.repeat(20)} 2 3 4\n`).all?.[0]).toBe(1e20);
    expect(parseStat(`cpu  ${'9'.repeat(400)} 2 3 4\nbtime ${'9'.repeat(400)}\n`)).toMatchObject({
      all: undefined,
      bootSeconds: undefined,
    });
  });

  test('says what is missing from an empty file', () => {
    expect(parseStat('')).toEqual({ all: undefined, cores: new Map(), bootSeconds: undefined });
  });

  test('reads a boot time that is the first or the last line', () => {
    expect(parseStat('btime 5\n').bootSeconds).toBe(5);
    expect(parseStat('cpu  1 2 3 4\nbtime 6').bootSeconds).toBe(6);
  });
});
