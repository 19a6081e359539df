import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDiskstats } from './diskstats.ts';
import { parseFilesystems } from './filesystems.ts';
import { parseInterfaceUp } from './interface-flags.ts';
import { parseLoadavg } from './loadavg.ts';
import { parseMeminfo } from './meminfo.ts';
import { parseMountinfo } from './mountinfo.ts';
import { parseNetDev } from './net-dev.ts';
import { parseStat } from './stat.ts';

const PARSERS = {
  parseStat,
  parseLoadavg,
  parseMeminfo,
  parseFilesystems,
  parseMountinfo,
  parseDiskstats,
  parseNetDev,
  parseInterfaceUp,
};

/** Text made of what these files are made of, so that it gets past the first check of each line. */
const word = fc.oneof(
  fc.constantFrom(
    'cpu',
    'cpu0',
    'btime',
    'MemTotal:',
    'kB',
    'eth0:',
    'vda',
    '254:0',
    '/',
    '-',
    'ext4',
    '\\040',
    '\\777',
    '0x1',
    'nodev',
    '\t',
  ),
  fc.nat().map(String),
  fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const nearly = fc
  .array(
    fc.array(word, { maxLength: 24 }).map((words) => words.join(' ')),
    { maxLength: 12 },
  )
  .map((lines) => lines.join('\n'));
const anyText = fc.oneof(nearly, fc.string({ unit: 'binary', maxLength: 400 }));

/** Every number inside a value, at any depth. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value instanceof Map) return [...value.values()].flatMap(numbersIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn);
  return [];
}

describe.each(Object.entries(PARSERS))('%s', (_name, parse: (text: string) => unknown) => {
  test('never throws, and gives no number that is not finite and at least zero', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(numbersIn(parse(text)).every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
