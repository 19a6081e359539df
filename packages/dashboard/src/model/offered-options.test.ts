import { describe, expect, it } from 'vitest';
import type { CommandView, PluginView } from '../api/types.ts';
import { formModel } from './command-form.ts';
import { offeredOptions } from './offered-options.ts';

const FROM = { collector: 'docker.containers', value: 'name', label: 'title' };

function field(from: typeof FROM | undefined) {
  const told = { type: 'text', required: true, ...(from === undefined ? {} : { options_from: from }) } as const;
  const form = { plugin: 'docker', title: 'Logs', effect: 'read', params: { container: told } };
  const [first] = formModel({ params: {}, form } as unknown as CommandView).fields;
  if (first === undefined) throw new Error('the form has no field');
  return first;
}

const docker = (containers: unknown): PluginView[] => [
  { name: 'docker', status: 'live', disabled_reason: null, declared: null, state: { containers } },
];

describe('the options of a field that a collector feeds', () => {
  it('are its rows, each value once, with a label or itself', () => {
    const rows = [{ name: 'web', title: 'Web' }, { name: 'db' }, { name: 'web', title: 'again' }, { title: 'no name' }, 7];
    expect(offeredOptions(field(FROM), docker(rows))).toEqual([
      { value: 'web', label: 'Web' },
      { value: 'db', label: 'db' },
    ]);
    expect(offeredOptions(field(FROM), docker({ a: { name: 'one' } }))).toEqual([{ value: 'one', label: 'one' }]);
  });

  it.each([
    ['no state', null],
    ['a text', 'web'],
    ['nothing of that id', undefined],
  ])('are none of %s', (_, state) => {
    expect(offeredOptions(field(FROM), docker(state))).toEqual([]);
  });

  it('are none without the plugin, or where the field asks for none; and never without end', () => {
    expect(offeredOptions(field(FROM), [])).toEqual([]);
    expect(offeredOptions(field(undefined), docker([{ name: 'web' }]))).toEqual([]);
    const many = Array.from({ length: 500 }, (_, at) => ({ name: `c${at}` }));
    expect(offeredOptions(field(FROM), docker(many))).toHaveLength(200);
  });
});
