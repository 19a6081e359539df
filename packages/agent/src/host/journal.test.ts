import { closeSync, fstatSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isJournal, withPriority } from './journal.ts';

describe('the journal', () => {
  it('is a descriptor that the environment names by device and inode', () => {
    const fd = openSync('/dev/null', 'w');
    const { dev, ino } = fstatSync(fd, { bigint: true });
    try {
      expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
      expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1n}` })).toBe(false);
      expect(isJournal(fd, { JOURNAL_STREAM: 'nonsense' })).toBe(false);
      expect(isJournal(fd, {})).toBe(false);
    } finally {
      closeSync(fd);
    }
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
  });

  it('gets a priority on each line of a text', () => {
    expect(withPriority('one\ntwo', 3)).toBe('<3>one\n<3>two');
  });
});
