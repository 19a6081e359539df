import { isRecord } from '../api/problem.ts';
import type { PluginView } from '../api/types.ts';
import type { FieldModel } from './command-form.ts';

export interface OfferedOption {
  readonly value: string;
  readonly label: string;
}

const MAX_OPTIONS = 200;
const MAX_VALUE_CHARS = 256;

/** What a field offers out of the state that its collector published last; nothing where that has no such rows. */
export function offeredOptions({ optionsFrom }: FieldModel, plugins: readonly PluginView[]): readonly OfferedOption[] {
  if (optionsFrom === null) return [];
  const { value, label } = optionsFrom;
  const options = new Map<string, OfferedOption>();
  for (const row of rowsOf(stateOf(optionsFrom.collector, plugins))) {
    const text = textOf(row, value);
    if (text === '' || text.length > MAX_VALUE_CHARS || options.has(text)) continue;
    options.set(text, { value: text, label: textOf(row, label) || text });
    if (options.size === MAX_OPTIONS) break;
  }
  return [...options.values()];
}

/** Of `PLUGIN.COLLECTOR`; a plugin's state has each collector's under its own id. */
function stateOf(collector: string, plugins: readonly PluginView[]): unknown {
  const [name = '', id = ''] = collector.split('.', 2);
  const state = plugins.find((plugin) => plugin.name === name)?.state;
  return isRecord(state) && Object.hasOwn(state, id) ? state[id] : undefined;
}

function rowsOf(state: unknown): readonly unknown[] {
  if (Array.isArray(state)) return state;
  return isRecord(state) ? Object.values(state) : [];
}

function textOf(row: unknown, key: string): string {
  const value = isRecord(row) && Object.hasOwn(row, key) ? row[key] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
