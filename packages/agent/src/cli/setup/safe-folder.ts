import type { SetupDeps } from './setup-deps.ts';

/** Whether git has it among the folders that it works in whoever owns them; where there is no git, nothing is to be done. */
export async function isSafeFolder(folder: string, { programs, paths }: SetupDeps): Promise<boolean> {
  const git = programs.find('git');
  if (git === undefined) return true;
  const scope = paths.mode === 'system' ? '--system' : '--global';
  const { stdout } = await programs.run(git, ['config', scope, '--get-all', 'safe.directory']);
  return stdout.split('\n').includes(folder);
}
