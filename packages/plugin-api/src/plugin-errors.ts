import type { Effect } from './command.ts';
import { defineError } from './errors.ts';

export const PluginInvalidExport = defineError<{ plugin: string }>(
  'E_PLUGIN_INVALID_EXPORT',
  'failed_precondition',
  'plugin',
  (d) => `plugin "${d.plugin}": its default export is not the result of definePlugin()`,
);
export const PluginApiVersion = defineError<{ plugin: string; wanted: string; have: string }>(
  'E_PLUGIN_API_VERSION',
  'failed_precondition',
  'plugin',
  (d) =>
    `plugin "${d.plugin}" was written against plugin API ${d.wanted}, this agent has ${d.have}; install a version of the plugin for ${d.have}, or update the agent`,
);
export const PluginName = defineError<{ plugin: string; found: string }>(
  'E_PLUGIN_NAME',
  'failed_precondition',
  'plugin',
  (d) =>
    `plugin "${d.plugin}" calls itself "${d.found}"; a name is 2 to 32 lower-case letters, digits and hyphens, starts with a letter, equals its key in the file, and is used once`,
);
export const PluginSetup = defineError<{ plugin: string; problem: string }>(
  'E_PLUGIN_SETUP',
  'failed_precondition',
  'plugin',
  (d) => `plugin "${d.plugin}": setup ${d.problem}`,
);
export const PluginStart = defineError<{ plugin: string; problem: string }>(
  'E_PLUGIN_START',
  'failed_precondition',
  'plugin',
  (d) => `plugin "${d.plugin}" did not start: ${d.problem}`,
);
export const PluginContribution = defineError<{ plugin: string; contribution: string; problem: string }>(
  'E_PLUGIN_CONTRIBUTION',
  'failed_precondition',
  'plugin',
  (d) => `plugin "${d.plugin}", ${d.contribution}: ${d.problem}`,
);
export const PluginLateRegistration = defineError<{ plugin: string; contribution: string }>(
  'E_PLUGIN_LATE_REGISTRATION',
  'failed_precondition',
  'plugin',
  (d) => `plugin "${d.plugin}" registered ${d.contribution} after setup; contributions are fixed once setup returns`,
);

export const GrantExec = defineError<{ plugin: string; file: string }>(
  'E_GRANT_EXEC',
  'permission_denied',
  'operator',
  (d) => `plugin "${d.plugin}" may not run ${d.file}; to allow it, add the path to exec in [plugins.${d.plugin}.grants]`,
);
export const GrantHttp = defineError<{ plugin: string; origin: string }>(
  'E_GRANT_HTTP',
  'permission_denied',
  'operator',
  (d) => `plugin "${d.plugin}" may not talk to ${d.origin}; to allow it, add the origin to http in [plugins.${d.plugin}.grants]`,
);
export const GrantGate = defineError<{ plugin: string }>(
  'E_GRANT_GATE',
  'permission_denied',
  'plugin',
  (d) => `plugin "${d.plugin}" sets a gate over commands and did not ask for it in capabilities().gate`,
);
export const GrantLogs = defineError<{ plugin: string }>(
  'E_GRANT_LOGS',
  'permission_denied',
  'plugin',
  (d) => `plugin "${d.plugin}" reads what others log and did not ask for it in capabilities().consumeLogs`,
);
export const GrantCommands = defineError<{ plugin: string; command: string; effect: Effect }>(
  'E_GRANT_COMMANDS',
  'permission_denied',
  'plugin',
  (d) =>
    `plugin "${d.plugin}", command "${d.command}": its effect "${d.effect}" is stronger than the plugin asked for in capabilities().commands`,
);

export const GrantMissing = defineError<{ plugin: string; toml: string }>(
  'E_GRANT_MISSING',
  'permission_denied',
  'operator',
  (d) => `plugin "${d.plugin}" asks for more than the file grants it; if you agree, write:\n${d.toml}`,
);
