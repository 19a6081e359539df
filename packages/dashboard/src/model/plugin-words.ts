import type { PluginView } from '../api/types.ts';
import type { Tone, Words } from './run-words.ts';

const STATES: Readonly<Record<string, readonly [Tone, string]>> = {
  live: ['ok', 'It works.'],
  running: ['ok', 'It works.'],
  enabled: ['ok', 'It works.'],
  active: ['ok', 'It works.'],
  ok: ['ok', 'It works.'],
  degraded: ['warn', 'A part of it does not work.'],
  stale: ['warn', 'It has sent no state for a while.'],
  crash_loop: ['bad', 'It keeps failing and is started again less and less often.'],
  disabled_error: ['bad', 'It could not start.'],
  disabled_choice: ['wait', 'Its operator turned it off.'],
  disabled: ['warn', 'It is off.'],
  absent: ['wait', 'The agent does not have it.'],
};

/** Words for a plugin's status (hub page, section 2.1); one this page does not know is shown as it came. */
export function pluginWords(plugin: PluginView): Words {
  const known = Object.hasOwn(STATES, plugin.status) ? STATES[plugin.status] : undefined;
  const word = plugin.status.replaceAll('_', ' ');
  if (known !== undefined) return { tone: known[0], word, meaning: known[1] };
  if (plugin.status.startsWith('refused')) return { tone: 'bad', word, meaning: 'The agent refused to load it.' };
  return { tone: 'unknown', word, meaning: 'The agent names a state this page does not know.' };
}
