// For the kernel and the test harness only; nothing here is part of the contract with plugin authors.
export { assertGranted } from './assert-granted.ts';
export type { Grants } from './assert-granted.ts';
export { checkPlugin } from './check-plugin.ts';
export { wireNameOf } from './wire-name.ts';
export type { CommandOwner } from './wire-name.ts';
export { definitionOf } from './plugin.ts';
export type { AnyPluginDefinition } from './plugin.ts';
export { commandDefinition, commandOf } from './command.ts';
export type { CommandDefinition, JobMode } from './command.ts';
export { refreshCommand } from './refresh-command.ts';
export type { CollectorDefinition, V1Signoff } from './collector.ts';
export { toPart } from './argv.ts';
export type { Part } from './argv.ts';
export { fillArgv, fillEnv, printArgv } from './fill-argv.ts';
export { hideSecrets, secretsIn } from './hide-secrets.ts';
export { confirmOf, manifestEntry } from './manifest-entry.ts';
export { askAdmission, askGates } from './lifecycle/ask-gates.ts';
export type { Denial, Leave, SetGate } from './lifecycle/ask-gates.ts';
export { createBackoff, refusedWaitMs } from './lifecycle/backoff.ts';
export { withDeadline } from './lifecycle/deadline.ts';
export { watchLiveness } from './lifecycle/liveness.ts';
export { mayBecome } from './lifecycle/plugin-states.ts';
export type { PluginState } from './lifecycle/plugin-states.ts';
export { repeat } from './lifecycle/repeat.ts';
export { Scope } from './lifecycle/scope.ts';
export { EventInvalid } from './event.ts';
export { bindSecrets } from './bind-secrets.ts';
export { recordSetup, tryRecordSetup } from './record-setup.ts';
export type { Contributions, LiveMembers } from './record-setup.ts';
export { describePlugin } from './plugin-manifest.ts';
export type { ManifestCollector, ManifestCommand, ManifestMode, ManifestSource, PluginManifest } from './plugin-manifest.ts';
export { sealedIn } from './secret.ts';
export type { EnvPart } from './command.ts';
export { shownParam } from './params/shown-param.ts';
export { typedParams } from './params/typed-params.ts';
export { closed, parseConfig } from './parse-config.ts';
export {
  GrantCommands,
  GrantExec,
  GrantGate,
  GrantHttp,
  GrantLogs,
  GrantMissing,
  PluginApiVersion,
  PluginContribution,
  PluginInvalidExport,
  PluginLateRegistration,
  PluginName,
  PluginSetup,
  PluginStart,
} from './plugin-errors.ts';
