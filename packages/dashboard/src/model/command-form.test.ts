import { describe, expect, it } from 'vitest';
import type { CommandView, FormField, ParamSpec } from '../api/types.ts';
import { commandGroups, formModel, needsConfirmation, paramsToSend, runsAtOnce } from './command-form.ts';
import { courtesyErrors, firstInvalid } from './field-check.ts';

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
    form: null,
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

/** A command whose plugin declares its parameters. */
function told(params: Record<string, FormField>, over: Partial<NonNullable<CommandView['form']>> = {}): CommandView {
  const v1 = Object.fromEntries(Object.keys(params).map((name) => [name, param(null)]));
  return command(v1, { form: { plugin: 'git', title: 'Check out', effect: 'write', params, ...over } });
}

describe('form of a command that its plugin declares', () => {
  it('has the order, the names and the defaults that the plugin gives', () => {
    const model = formModel(
      told({
        loud: { type: 'boolean', required: false, default: 'true' },
        ref: { type: 'text', required: true, title: 'Reference', help: 'a branch', placeholder: 'main' },
        depth: { type: 'integer', required: false, default: '5', order: 1 },
      }),
    );
    expect(model.fields.map(({ name, label }) => [name, label])).toEqual([
      ['depth', 'depth'],
      ['ref', 'Reference'],
      ['loud', 'loud'],
    ]);
    expect(model.initial).toEqual({ depth: '5', ref: '', loud: 'true' });
    expect(model.fields[1]).toMatchObject({ help: 'a branch', placeholder: 'main', required: true, secret: false });
  });

  it('leaves out what may be left out: an empty field, an unticked box without a default', () => {
    const model = formModel(
      told({
        depth: { type: 'integer', required: false },
        force: { type: 'boolean', required: false },
        tags: { type: 'boolean', required: false, default: 'true' },
        dry: { type: 'boolean', required: true },
      }),
    );
    expect(model.initial).toEqual({ dry: 'false', depth: '', force: '', tags: 'true' });
    expect(paramsToSend(model, model.initial)).toEqual({ dry: 'false', tags: 'true' });
  });

  it('sends a number in its one spelling, and what is none as it was typed', () => {
    const model = formModel(told({ a: { type: 'integer', required: true }, b: { type: 'number', required: true } }));
    expect(paramsToSend(model, { a: '007', b: '1.50' })).toEqual({ a: '7', b: '1.5' });
    expect(paramsToSend(model, { a: '90071992547409921', b: 'x' })).toEqual({ a: '90071992547409921', b: 'x' });
  });

  it.each<[FormField['type'], FormField['widget'], string, string]>([
    ['integer', 'bytes', '1.5 GiB', '1610612736'],
    ['integer', 'bytes', '2kb', '2000'],
    ['integer', 'bytes', '1.1 KiB', '1126'],
    ['integer', 'bytes', '512', '512'],
    ['integer', 'bytes', '5 s', '5 s'],
    ['integer', 'duration', '90 s', '90000'],
    ['integer', 'duration', '1.5h', '5400000'],
    ['number', 'duration', '5 MIN', '300000'],
    ['number', 'duration', '-1d', '-86400000'],
    ['integer', undefined, '5 s', '5 s'],
    ['text', 'duration', '15s', '15s'],
    ['integer', 'duration', '3 constructor', '3 constructor'],
  ])('of %s with the widget %s, what is written as %s goes as %s', (type, widget, written, sent) => {
    const model = formModel(told({ one: { type, required: true, ...(widget === undefined ? {} : { widget }) } }));
    expect(paramsToSend(model, { one: written })).toEqual({ one: sent });
  });

  it.each<[FormField, string, string | null]>([
    [{ type: 'integer', required: true, widget: 'bytes', maximum: 1024 }, '1 KiB', null],
    [
      { type: 'integer', required: true, widget: 'bytes', maximum: 1024 },
      '2 KiB',
      'Expected bytes, or with a unit (512 MiB, 1.5 GB) of at most 1024.',
    ],
    [
      { type: 'integer', required: true, widget: 'duration' },
      '5 weeks',
      'Expected milliseconds, or with a unit (90 s, 5 min, 1.5 h).',
    ],
    [{ type: 'integer', required: true, minimum: 1, maximum: 9 }, '10', 'Expected a whole number from 1 to 9.'],
    [{ type: 'integer', required: true, minimum: 1 }, '1.5', 'Expected a whole number of at least 1.'],
    [{ type: 'integer', required: true, maximum: 9 }, '-3', null],
    [{ type: 'number', required: true }, '1e3', null],
    [{ type: 'number', required: true, minimum: 0 }, '-0.5', 'Expected a number of at least 0.'],
    [{ type: 'choice', required: true, choices: [{ value: 'a' }] }, 'b', 'Expected one of the values of the list.'],
    [{ type: 'choice', required: true, choices: [{ value: 'a' }] }, 'a', null],
    [{ type: 'text', required: true, pattern: '[a-z]+', help: 'small letters' }, 'A', 'Expected small letters.'],
    [{ type: 'text', required: true, pattern: '[a-z]+' }, 'A', 'Does not match the pattern the host asks for.'],
    [{ type: 'text', required: true, max_chars: 2 }, '😀😀😀', 'At most 2 characters.'],
    [{ type: 'text', required: true, max_chars: 3 }, '😀😀😀', null],
    [{ type: 'text', required: true, may_be_empty: true }, '', null],
    [{ type: 'text', required: true }, '', 'Needed: this parameter has no default.'],
    [{ type: 'text', required: false }, '', null],
  ])('of %j and %s says: %s', (field, value, problem) => {
    const model = formModel(told({ one: field }));
    expect(courtesyErrors(model, { one: value })['one'] ?? null).toBe(problem);
    expect(firstInvalid(model, { one: value })).toBe(problem === null ? -1 : 0);
  });

  it('sends what only breaks the pattern of a v1 agent, for the agent to judge', () => {
    const model = formModel(command({ ref: param(null, '[a-z]+') }));
    expect(firstInvalid(model, { ref: 'UP' })).toBe(-1);
    expect(firstInvalid(model, { ref: '' })).toBe(0);
  });

  it('asks for the name of the host before what cannot be taken back, whatever else is said', () => {
    expect(needsConfirmation(told({}, { effect: 'destructive' }))).toBe(true);
    expect(runsAtOnce(told({}, { effect: 'destructive' }))).toBe(false);
    expect(runsAtOnce(told({}, { effect: 'read' }))).toBe(true);
    expect(needsConfirmation({ ...told({}, { effect: 'read' }), requires_confirmation: true })).toBe(true);
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
