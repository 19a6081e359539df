import { OTHER_TABLES, SECTIONS } from './sections.ts';

/** Of the agent itself, those that are to come too: nobody gets used to another of that name. */
const OWN_PLUGINS: ReadonlySet<string> = new Set([
  'host-metrics',
  'custom-commands',
  'docker',
  'git',
  'signoff',
  'log-shipping',
  'caddy',
  'garage',
  'rclone',
  'inventory',
  'services',
  'nats',
  'syslog',
  'updater',
]);
/** Under these the agent and the hub speak of themselves: in names of commands, in events, in logs. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'refresh',
  'kernel',
  'hub',
  'stormpulse',
  'operator',
  'audit',
  'command',
  'plugin',
  'events',
  'jobs',
  'ws',
  'constructor',
  'prototype',
]);

/** Every name that no plugin of others can have. */
export const TAKEN_NAMES: readonly string[] = [...OWN_PLUGINS, ...OWN_WORDS, ...Object.keys(SECTIONS), ...OTHER_TABLES];

/** Who has a name that a plugin of others wants, in words that follow "is"; undefined: nobody (SEC-205, design D3). */
export function takenBy(name: string): string | undefined {
  if (OWN_PLUGINS.has(name)) return 'a plugin of the agent itself';
  return TAKEN_NAMES.includes(name) ? "the agent's own word" : undefined;
}
