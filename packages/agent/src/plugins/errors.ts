import { defineError } from '@stormpulse/plugin-api';

export const PluginNotFound = defineError<{ plugin: string; package: string; folder: string }>(
  'E_PLUGIN_NOT_FOUND',
  'not_found',
  'operator',
  (d) =>
    `plugin "${d.plugin}": ${d.folder} is not there; install the version that the file names: stormpulse plugins add ${d.package}, or remove [plugins.${d.plugin}]`,
);

/** Installed, and nobody with authority over this host has allowed just this (SEC-200). */
export const PluginNotGranted = defineError<{ plugin: string; problem: string }>(
  'E_PLUGIN_NOT_GRANTED',
  'permission_denied',
  'operator',
  (d) => `plugin "${d.plugin}": ${d.problem}; nothing of it was run. Look at it, then: stormpulse plugins grant ${d.plugin}`,
);

export const PluginRevoked = defineError<{ plugin: string; version: string; at: string }>(
  'E_PLUGIN_REVOKED',
  'permission_denied',
  'operator',
  (d) =>
    `plugin "${d.plugin}": version ${d.version} was revoked on this host at ${d.at} and does not come back; install another version: stormpulse plugins update ${d.plugin}, or remove it: stormpulse plugins remove ${d.plugin}`,
);

export const PluginMismatch = defineError<{ plugin: string; problem: string }>(
  'E_PLUGIN_MISMATCH',
  'failed_precondition',
  'operator',
  (d) => `plugin "${d.plugin}": ${d.problem}; nothing of it was run`,
);

export const PluginNameTaken = defineError<{ plugin: string; taken: string }>(
  'E_PLUGIN_NAME_TAKEN',
  'already_exists',
  'operator',
  (d) =>
    `plugin "${d.plugin}": its name is ${d.taken}; nothing of it was run. Its author has to rename it; remove [plugins.${d.plugin}] until then`,
);
