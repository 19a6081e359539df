import { describe, expect, it } from 'vitest';
import {
  bytesText,
  figureByKey,
  fractionOf,
  loadText,
  mebibytesText,
  NO_FIGURE,
  percentText,
  wholePercentText,
} from './numbers.ts';

describe('figures', () => {
  it('shows a missing figure as a dash, never as zero', () => {
    for (const text of [percentText, wholePercentText, bytesText, mebibytesText, loadText]) {
      expect(text(null)).toBe(NO_FIGURE);
      expect(text(undefined)).toBe(NO_FIGURE);
      expect(text(Number.NaN)).toBe(NO_FIGURE);
    }
    expect(percentText(0)).toBe('0.0 %');
  });

  it('writes percentages', () => {
    expect([12.34, 99.94, 99.96, 100].map(percentText)).toEqual(['12.3 %', '99.9 %', '100 %', '100 %']);
  });

  it('writes sizes in binary units, moving on before four digits', () => {
    expect([0, 512, 1023, 1024, 1_048_575, 8_369_664_000, -2048].map(bytesText)).toEqual([
      '0 B',
      '512 B',
      '1023 B',
      '1.0 KiB',
      '1.0 MiB',
      '7.8 GiB',
      '-2.0 KiB',
    ]);
    expect(mebibytesText(7_982)).toBe('7.8 GiB');
  });

  it('keeps a bar inside its track whatever an agent sent', () => {
    expect([-5, 0, 50, 250, Number.NaN, null].map(fractionOf)).toEqual([0, 0, 0.5, 1, 0, 0]);
  });

  it.each([
    ['used_bytes', 2048, '2.0 KiB'],
    ['bytes_per_second', 2048, '2.0 KiB/s'],
    ['memory_mb', 512, '512 MiB'],
    ['capacity_gb', 2, '2.0 GiB'],
    ['used_percent', 33.3, '33.3 %'],
    ['latency_ms', 12, '12 ms'],
    ['uptime_seconds', 7_200, '2 h'],
    ['reads_per_second', 1.234, '1.23/s'],
    ['items', 1_234_567, '1\u202f234\u202f567'],
  ])("reads the unit from a state's key: %s", (key, value, text) => {
    expect(figureByKey(key, value)).toBe(text);
  });
});
