import { describe, expect, it } from 'vitest';
import type { CommandView, ParamSpec } from '../api/types.ts';
import { commandGroups, courtesyErrors, formModel, matches, paramsToSend, runsAtOnce } from './command-form.ts';

function command(params: Record<string, ParamSpec>, over: Partial<CommandView> = {}): CommandView {
  return {
    name: 'git_checkout',
    group: 'deploy',
    description: '',
    template: ['git'],
    timeout: 60,
    requires_confirmation: false,
    long_running: false,
    params,
    ...over,
  };
}

const param = (value: string | null, pattern: string | null = null): ParamSpec => ({ default: value, pattern, description: '' });

describe('form of a command', () => {
  it('puts what is needed first, starts from the defaults, and hides secrets', () => {
    const model = formModel(command({ lines: param('100'), ref: param(null), api_token: param('') }));
    expect(model.fields.map((field) => field.name)).toEqual(['ref', 'lines', 'api_token']);
    expect(model.initial).toEqual({ ref: '', lines: '100', api_token: '' });
    expect(model.fields.map((field) => field.secret)).toEqual([false, false, true]);
  });

  it('sends what was typed as it was typed, and leaves an emptied default to the host', () => {
    const model = formModel(command({ ref: param(null), lines: param('100') }));
    expect(paramsToSend(model, { ref: ' v1; rm -rf / ', lines: '' })).toEqual({ ref: ' v1; rm -rf / ' });
    expect(paramsToSend(model, { ref: '', lines: '5' })).toEqual({ ref: '', lines: '5' });
  });

  it('carries a parameter that has the name of an object member', () => {
    const params = Object.fromEntries([['__proto__', param(null)]]);
    const model = formModel(command(params));
    const values = Object.fromEntries([['__proto__', 'x']]);
    expect(Object.entries(paramsToSend(model, values))).toEqual([['__proto__', 'x']]);
  });

  it('runs at once only what needs neither a value nor a confirmation', () => {
    expect(runsAtOnce(command({}))).toBe(true);
    expect(runsAtOnce(command({}, { requires_confirmation: true }))).toBe(false);
    expect(runsAtOnce(command({ a: param('1') }))).toBe(false);
  });

  it('says what looks wrong, by parameter', () => {
    const model = formModel(command({ ref: param(null, '[a-z]+'), lines: param('1', '[0-9]{1,5}') }));
    expect(courtesyErrors(model, { ref: '', lines: '12' })).toEqual({ ref: expect.stringContaining('Needed') });
    expect(courtesyErrors(model, { ref: 'UP', lines: '' })).toEqual({ ref: expect.stringContaining('pattern') });
    expect(courtesyErrors(model, { ref: 'up', lines: '12' })).toEqual({});
  });
});

describe("an agent's pattern in the browser", () => {
  it('has to match the whole value', () => {
    expect(matches('[0-9]+|x', '12')).toBe(true);
    expect(matches('[0-9]+|x', '12;')).toBe(false);
    expect(matches('a|b', 'ab')).toBe(false);
  });

  it.each([
    ['too long', 'a'.repeat(201)],
    ['no pattern here', '[a-'],
    ['a dialect of its own', '(?P<x>a)'],
    ['a repeated group', '(a+)+$'],
    ['a repeated choice', '(a|a)*b'],
    ['a back reference', '(a)\\1'],
    ['many repeats', '.*.*.*.*.*.*x'],
  ])('is not run when it is %s', (_why, pattern) => {
    expect(matches(pattern, 'a'.repeat(200))).toBeNull();
  });

  it('is not run on a very long value', () => {
    expect(matches('a+', 'a'.repeat(257))).toBeNull();
  });
});

describe('groups of commands', () => {
  it('keep their places, whatever order the agent sent', () => {
    const names = (group: string, ...list: string[]) => list.map((name) => command({}, { name, group }));
    const groups = commandGroups([...names('z', 'b', 'a'), ...names('d', 'c')]);
    expect(groups.map((group) => [group.name, group.commands.map((one) => one.name)])).toEqual([
      ['d', ['c']],
      ['z', ['a', 'b']],
    ]);
  });
});
