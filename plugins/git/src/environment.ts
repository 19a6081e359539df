import type { AbsolutePath } from '@stormpulse/sdk';

/**
 * What every run of git gets besides the environment of any command (SEC-125). These settings win over those of the repository, of
 * the user and of the system: no hook, no monitor, no program of the repository's choice, no prompt.
 */
export function gitEnvironment(directory: AbsolutePath): Readonly<Record<string, string>> {
  const settings: readonly (readonly [key: string, value: string])[] = [
    ['protocol.ext.allow', 'never'],
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.sshCommand', 'ssh -oBatchMode=yes'],
    ['core.askPass', ''],
    ['submodule.recurse', 'false'],
    ['fetch.recurseSubmodules', 'false'],
    // The operator named this folder. Without the system's file, where v1's set-up said so, git would refuse one of another owner.
    ['safe.directory', directory],
  ];
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_EDITOR: ':',
    GIT_SEQUENCE_EDITOR: ':',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  };
}
