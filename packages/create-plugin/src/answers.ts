/** What a new plugin is made of. */
export interface Answers {
  /** The name in the host's file and of everything it contributes. */
  readonly name: string;
  readonly description: string;
  /** Where the project goes; made new. */
  readonly folder: string;
  /** A folder of packed `@stormpulse` tarballs, for where the registry is not reached. */
  readonly packages?: string;
}

const NAME = /^[a-z][a-z0-9-]{1,31}$/u;
/** What an agent refuses a plugin of others (SEC-205): its own plugins, its own words, the tables of its file. */
export const TAKEN: ReadonlySet<string> = new Set([
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
  'agent',
  'dashboard',
  'tls',
  'auth',
  'metrics',
  'project',
  'storage',
  'protocol',
  'execution',
  'policy',
  'commands',
  'plugins',
]);

/** What is wrong with a name, as a sentence; undefined when it is right. */
export function problemWithName(name: string): string | undefined {
  if (!NAME.test(name)) return 'a name is 2 to 32 lower-case letters, digits and hyphens, and starts with a letter: "disk-watch"';
  return TAKEN.has(name) ? `"${name}" is a name of the agent itself; choose another, such as "my-${name}"` : undefined;
}

/** The same of a description, which stands in TypeScript, JSON and Markdown. */
export function problemWithDescription(text: string): string | undefined {
  return /^[^\p{Cc}'"`\\$<>|]{3,200}$/u.test(text)
    ? undefined
    : 'a description is one line of 3 to 200 characters without quotes, backslash, $, <, > and |';
}
