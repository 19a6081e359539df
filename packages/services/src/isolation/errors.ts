import { defineError } from '@stormpulse/plugin-api';

export const PluginAway = defineError<{ plugin: string; why: string; back: string }>(
  'E_PLUGIN_AWAY',
  'unavailable',
  'plugin',
  (d) => `plugin "${d.plugin}" is not running: ${d.why}; ${d.back}`,
);
export const PluginEnded = defineError<{ plugin: string; why: string }>(
  'E_PLUGIN_ENDED',
  'aborted',
  'plugin',
  (d) => `plugin "${d.plugin}" ended while this ran: ${d.why}; what it had begun may be done in part`,
);
export const PluginSilent = defineError<{ plugin: string; what: string; ms: number }>(
  'E_PLUGIN_SILENT',
  'deadline_exceeded',
  'plugin',
  (d) => `plugin "${d.plugin}" did not answer ${d.what} within ${d.ms} ms`,
);
export const PluginChanged = defineError<{ plugin: string; part: string }>(
  'E_PLUGIN_CHANGED',
  'failed_precondition',
  'plugin',
  (d) =>
    `plugin "${d.plugin}" declares other ${d.part} now than when it was approved; the same code and config must declare the same: report it to its author`,
);
export const PluginManifestInvalid = defineError<{ plugin: string; problem: string }>(
  'E_PLUGIN_MANIFEST',
  'failed_precondition',
  'plugin',
  (d) => `plugin "${d.plugin}" declares what no plugin can: ${d.problem}`,
);
export const FrameTooLarge = defineError<{ what: string; bytes: number; limit: number }>(
  'E_PLUGIN_FRAME',
  'resource_exhausted',
  'plugin',
  (d) =>
    `${d.what} has ${d.bytes} bytes, more than the ${d.limit} that pass between a plugin and the agent at once; ask for less`,
);
export const SecretUnnamed = defineError<{ plugin: string }>(
  'E_PLUGIN_SECRET_UNNAMED',
  'permission_denied',
  'plugin',
  (d) => `plugin "${d.plugin}" asked for a secret that its config does not name`,
);
