import { describe, expect, it } from 'vitest';
import { nearestKey } from './check-keys.ts';
import { compileCommands } from './compile.ts';
import type { CommandConfig } from './config.ts';

const GOOD: CommandConfig = { group: 'maintenance', command: ['/usr/bin/uptime'], timeout: 5 };

describe('keys that nothing reads', () => {
  it('are refused when they look like a typo, and warned of otherwise', () => {
    const table = { ...GOOD, requires_confirmaton: true, note: 'mine' } as CommandConfig;
    const compiled = compileCommands({ commands: { x: table } });
    expect(compiled.problems).toMatchObject([
      { path: ['commands', 'x', 'requires_confirmaton'], expected: 'requires_confirmation, which it looks like' },
    ]);
    expect(compiled.warnings).toEqual(['commands.x.note: this key is not known and has no effect']);
  });

  it('are found in parameters too', () => {
    const param = { placeholder: 'p', patern: 'x', pattern: 'x' };
    const { problems } = compileCommands({ commands: { x: { ...GOOD, params: { p: param } } } });
    expect(problems).toMatchObject([
      { path: ['commands', 'x', 'params', 'p', 'patern'], fix: 'rename it to pattern, or remove it' },
    ]);
  });
});

describe('nearestKey', () => {
  it.each([
    ['comand', 'command'],
    ['timout', 'timeout'],
    ['Group', 'group'],
    ['xx', undefined],
    ['descr', undefined],
    ['gruppe', undefined],
  ])('of %s is %s', (key, nearest) => {
    expect(nearestKey(key, ['group', 'command', 'timeout', 'description'])).toBe(nearest);
  });
});
