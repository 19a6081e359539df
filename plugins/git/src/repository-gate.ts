import { isAgentError } from '@stormpulse/sdk';
import type { AbsolutePath, CommandGate, Exec, ExecResult } from '@stormpulse/sdk';
import { gitEnvironment } from './environment.ts';
import { programSettings, readSettings } from './program-settings.ts';

export const GIT = '/usr/bin/git';

/**
 * Refuses this plugin's commands while the repository's own settings name programs that git would run: their names are free, so no
 * environment can switch them off (SEC-125). Reading settings runs none of them.
 */
export function repositoryGate(options: {
  readonly directory: AbsolutePath;
  readonly trust: readonly string[];
  readonly exec: Exec;
}): CommandGate {
  const { directory, trust, exec } = options;
  const isTrusted = (key: string): boolean => trust.some((trusted) => key === trusted || key.startsWith(`${trusted}.`));
  return {
    async allow({ plugin }) {
      if (plugin !== 'git') return { allow: true };
      const listed = await listSettings(directory, exec);
      if (listed === undefined) return { allow: true };
      if (listed.truncated) return { allow: false, reason: `the settings of ${directory} are too long to be looked at` };
      const [first] = programSettings(readSettings(listed.stdout)).filter((key) => !isTrusted(key));
      if (first === undefined) return { allow: true };
      const fix = `remove it (git config --unset-all ${first}), or write trust = ["${first}"] in [git]`;
      return { allow: false, reason: `${first} of the repository ${directory} names a program that git would run; ${fix}` };
    },
  };
}

/** Undefined: git is not there, and the command will say so itself. */
async function listSettings(directory: AbsolutePath, exec: Exec): Promise<ExecResult | undefined> {
  try {
    return await exec(GIT, ['-C', directory, 'config', '--list', '--show-scope', '-z', '--includes'], {
      env: gitEnvironment(directory),
      timeoutMs: 4_000,
    });
  } catch (error) {
    if (isAgentError(error) && error.code === 'E_EXEC_NOT_FOUND') return undefined;
    throw error;
  }
}
