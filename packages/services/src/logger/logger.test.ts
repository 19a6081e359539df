import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

describe('createLogger', () => {
  let folder: string;
  let fd: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'logger-'));
    fd = openSync(join(folder, 'log'), 'w');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true, force: true });
  });

  const lines = (level: string | undefined, write: (log: Logger) => void): Record<string, unknown>[] => {
    write(createLogger({ level, fd })('verify'));
    const text = readFileSync(join(folder, 'log'), 'utf8').trimEnd();
    return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const all = (log: Logger): void => {
    log.debug('d');
    log.info('i');
    log.warn('w');
    log.error('e');
  };

  it('writes one JSON line at once: level as a word, UTC time, name, fields, text', () => {
    const [line] = lines('info', (log) => log.warn({ reason: 'replayed_nonce' }, 'refused'));
    expect(line).toMatchObject({ level: 'warn', name: 'verify', reason: 'replayed_nonce', msg: 'refused' });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
  });

  it('keeps a text with line ends on one line', () => {
    expect(lines('info', (log) => log.info('a\nb\u001b[31m'))).toMatchObject([{ msg: 'a\nb\u001b[31m' }]);
  });

  it.each([
    ['debug', 'diwe'],
    ['INFO', 'iwe'],
    ['WARNING', 'we'],
    ['error', 'e'],
    ['silent', ''],
    ['no such level', 'iwe'],
    [undefined, 'iwe'],
  ])("takes v1's names of levels: %s", (level, expected) => {
    expect(
      lines(level, all)
        .map((line) => line['msg'])
        .join(''),
    ).toBe(expected);
  });

  it('writes an error with its code and cause', () => {
    const error = Object.assign(new Error('no'), { code: 'E_X', cause: new Error('because') });
    expect(lines('info', (log) => log.error({ err: error }, 'failed'))[0]).toMatchObject({
      err: {
        message: expect.stringContaining('no') as unknown,
        code: 'E_X',
        stack: expect.stringContaining('because') as unknown,
      },
    });
  });

  describe('in the journal', () => {
    const text = (write: (log: Logger) => void): string => {
      write(createLogger({ level: 'debug', fd, form: 'journal' })('verify'));
      return readFileSync(join(folder, 'log'), 'utf8');
    };

    it('writes text a person reads, with the priority of its level', () => {
      expect(text(all)).toBe('<7>verify: d\n<6>verify: i\n<4>verify: w\n<3>verify: e\n');
    });

    it('puts the fields behind it, plain words as they are', () => {
      expect(text((log) => log.warn({ reason: 'replayed_nonce', count: 2, of: ['a b'], what: 'two words' }, 'refused'))).toBe(
        '<4>verify: refused reason=replayed_nonce count=2 of=["a b"] what="two words"\n',
      );
    });

    it('SEC-230 lets no text begin an entry of its own', () => {
      const hostile = 'a\n<0>b\r\u001b[31m\u2028\u202ec';
      const line = text((log) => log.info({ text: hostile, err: new Error(hostile) }, hostile));
      expect(line.split('\n')).toHaveLength(2);
      expect(line).toMatch(/^<6>verify: a\\u000a<0>b\\u000d\\u001b\[31m\\u2028\\u202ec /u);
      // oxlint-disable-next-line no-control-regex -- what the line must not hold
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u2028\u202e]/u);
    });
  });
});
