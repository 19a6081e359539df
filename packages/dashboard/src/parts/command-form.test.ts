import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { AgentView, CommandView, FormField, PluginView } from '../api/types.ts';
import { CommandForm } from './command-form.tsx';
import type { useStartRun } from './use-start-run.ts';

const agent = { id: 'web-1' } as AgentView;
const idle = { error: null, isError: false, isPending: false, mutate: () => undefined } as unknown as ReturnType<
  typeof useStartRun
>;

const PLUGINS: readonly PluginView[] = [
  { name: 'bell', status: 'live', disabled_reason: null, declared: null, state: { bells: [{ id: 'big', hint: '<b>Big</b>' }] } },
];

/** The form as the page draws it first. */
function drawn(form: CommandView['form'], over: Partial<CommandView> = {}): string {
  const params = Object.fromEntries(
    Object.keys(form?.params ?? { word: 0 }).map((name) => [name, { default: null, pattern: '[a-z]+', description: 'a word' }]),
  );
  const command: CommandView = {
    name: 'bell_ring',
    group: 'bell',
    description: 'rings',
    template: ['bell'],
    timeout: 5,
    requires_confirmation: false,
    long_running: false,
    params,
    form,
    ...over,
  };
  return renderToStaticMarkup(createElement(CommandForm, { agent, command, plugins: PLUGINS, start: idle }));
}

/** The control of one parameter, its attributes and what is in it. */
const control = (markup: string, name: string): string =>
  new RegExp(`<(?:input|textarea)[^>]*data-field="${name}"[^>]*>|<select[^>]*data-field="${name}".*?</select>`, 'u').exec(
    markup,
  )?.[0] ?? '';
const one = (field: FormField): string =>
  control(drawn({ plugin: 'bell', title: 'Ring', effect: 'read', params: { one: field } }), 'one');

describe('the form of a command', () => {
  it.each<[string, FormField, RegExp[]]>([
    [
      'a choice',
      { type: 'choice', required: true, choices: [{ value: 'lo', title: 'Low' }, { value: 'hi' }] },
      [/^<select/u, />choose…</u, /value="lo">Low</u, /value="hi">hi</u],
    ],
    [
      'a choice with a default',
      { type: 'choice', required: false, default: 'hi', choices: [{ value: 'hi' }] },
      [/<option value="hi" selected="">hi/u],
    ],
    ['a boolean', { type: 'boolean', required: false, default: 'true' }, [/type="checkbox"/u, /checked=""/u]],
    [
      'a whole number',
      { type: 'integer', required: true, minimum: 1, maximum: 9 },
      [/type="number"/u, /min="1"/u, /max="9"/u, /step="1"/u],
    ],
    ['a number', { type: 'number', required: true }, [/type="number"/u, /step="any"/u]],
    [
      'a line',
      { type: 'text', required: true, placeholder: 'main' },
      [/type="text"/u, /placeholder="main"/u, /aria-required="true"/u],
    ],
    ['an amount', { type: 'integer', required: true, widget: 'bytes' }, [/type="text"/u]],
    ['a path', { type: 'text', required: true, widget: 'path' }, [/type="text"/u, /placeholder="\/…"/u]],
    ['an area', { type: 'text', required: false, multiline: true }, [/^<textarea/u, /aria-required="false"/u]],
    ['a secret', { type: 'text', required: true, secret: true }, [/type="password"/u, /autoComplete="new-password"/iu]],
  ])('asks for %s with its own control', (_what, field, expected) => {
    for (const pattern of expected) expect(one(field)).toMatch(pattern);
  });

  it('says of each field what its plugin says', () => {
    const markup = drawn({
      plugin: 'bell',
      title: 'Ring the bell',
      effect: 'destructive',
      params: {
        one: { type: 'text', required: true, title: 'Tower', description: 'Which one', pattern: '[a-z]+', help: 'small letters' },
      },
    });
    for (const text of ['Ring the bell', 'cannot be taken back', 'Tower', 'Which one', 'small letters', 'Run bell_ring…'])
      expect(markup).toContain(text);
    expect(markup).not.toContain('[a-z]+');
  });

  it('says of an amount what a person wrote, and how else it is written', () => {
    const markup = drawn({
      plugin: 'bell',
      title: 'Ring',
      effect: 'read',
      params: {
        size: { type: 'integer', required: false, default: '1610612736', widget: 'bytes', minimum: 1 },
        pause: { type: 'integer', required: false, default: '90000', widget: 'duration' },
        every: { type: 'text', required: true, widget: 'duration' },
      },
    });
    for (const text of [
      'bytes, or with a unit (512 MiB, 1.5 GB) of at least 1',
      '= 1.5 GiB',
      'milliseconds, or with a unit',
      '= 1 min 30 s',
      'a period with its unit: 500ms, 15s, 5m, 1h',
    ])
      expect(markup).toContain(text);
  });

  it('SEC-322: offers what a collector published, as text, and takes what else is typed', () => {
    const from = { collector: 'bell.bells', value: 'id', label: 'hint' };
    const markup = drawn({
      plugin: 'bell',
      title: 'Ring',
      effect: 'read',
      params: { one: { type: 'text', required: true, options_from: from } },
    });
    const [, list] = / list="([^"]+)"/u.exec(control(markup, 'one')) ?? [];
    expect(list).toBeDefined();
    expect(markup).toContain(`<datalist id="${list}"><option value="big" label="&lt;b&gt;Big&lt;/b&gt;"></option></datalist>`);
  });

  it('of a v1 agent is a line for each parameter, with its pattern', () => {
    const markup = drawn(null);
    expect(control(markup, 'word')).toMatch(/type="text"/u);
    expect(markup).toContain('[a-z]+');
    expect(markup).not.toContain('command-effect');
  });

  it('SEC-322: what a plugin declares is text', () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const field: FormField = {
      type: 'choice',
      required: true,
      title: hostile,
      description: hostile,
      help: hostile,
      choices: [{ value: hostile, title: hostile }],
    };
    const markup = drawn({ plugin: hostile, title: hostile, effect: 'read', params: { one: field } });
    expect(markup).not.toContain('<img');
  });
});
