import { effectWithin } from '@stormpulse/plugin-api';
import type { Capabilities } from '@stormpulse/plugin-api';
import type { WrittenGrants } from '../config/plugin-tables.ts';

const LISTS = ['exec', 'http', 'read', 'write'] as const;
const SWITCHES = ['gate', 'consumeLogs'] as const;

/** What a plugin may do, or wants to: a line for each. */
export function grantLines(grants: WrittenGrants): string[] {
  return [
    ...LISTS.flatMap((word) => (grants[word] ?? []).map((value) => `${word} ${value}`)),
    ...(grants.commands === undefined ? [] : [`commands ${grants.commands}`]),
    ...SWITCHES.filter((word) => grants[word] === true),
  ];
}

export interface GrantDifference {
  /** Asked for, and not granted. */
  readonly more: readonly string[];
  /** Granted, and not asked for any more. */
  readonly less: readonly string[];
}

/** `commands = "none"` was decided: asking for more than that is no news. */
export function difference(asked: Capabilities, granted: WrittenGrants): GrantDifference {
  const lacks = (from: WrittenGrants, held: WrittenGrants): string[] => {
    const lines = grantLines(held);
    const isHeld = (line: string): boolean =>
      line.startsWith('commands ') ? holdsCommands(from.commands, held.commands) : lines.includes(line);
    return grantLines(from).filter((line) => !isHeld(line));
  };
  return { more: lacks(asked, granted), less: lacks(granted, asked).filter((line) => line !== 'commands none') };
}

function holdsCommands(wanted: WrittenGrants['commands'], held: WrittenGrants['commands']): boolean {
  if (wanted === undefined || wanted === 'none' || held === 'none') return true;
  return effectWithin(wanted, held);
}

/** What was granted, and what is asked for besides. */
export function union(granted: WrittenGrants, asked: Capabilities): WrittenGrants {
  const lists = LISTS.flatMap((word) => {
    const all = [...new Set([...(granted[word] ?? []), ...(asked[word] ?? [])])];
    return all.length === 0 ? [] : [[word, all] as const];
  });
  const commands = holdsCommands(asked.commands, granted.commands) ? granted.commands : asked.commands;
  const switches = SWITCHES.filter((word) => granted[word] === true || asked[word] === true);
  return {
    ...Object.fromEntries(lists),
    ...(commands === undefined ? {} : { commands }),
    ...Object.fromEntries(switches.map((word) => [word, true])),
  };
}

/** What is left of `granted` without `words`: `exec` takes all of them, `exec=/usr/bin/x` one; `commands` leaves none of them. */
export function without(granted: WrittenGrants, words: readonly string[]): WrittenGrants {
  const left: Record<string, unknown> = { ...granted };
  for (const word of words) {
    const [key, value] = split(word);
    if (key === 'commands') left['commands'] = 'none';
    else if (value === undefined) delete left[key];
    else left[key] = ((left[key] ?? []) as readonly string[]).filter((held) => held !== value);
  }
  return left;
}

/** Whether {@link without} knows a word. */
export function isGrantWord(word: string): boolean {
  const [key, value] = split(word);
  if (value !== undefined) return LISTS.some((list) => list === key);
  return [...LISTS, ...SWITCHES, 'commands'].some((known) => known === key);
}

function split(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}
