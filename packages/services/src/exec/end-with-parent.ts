import { spawnSync } from 'node:child_process';

const SETPRIV = '/usr/bin/setpriv';
const FLAGS = ['--pdeathsig', 'KILL', '--'];

let works: boolean | undefined;

/**
 * The argv that runs a program which the system ends when this process is gone, whatever it does then: through util-linux's `setpriv`
 * (2.33 or newer). Elsewhere its own argv.
 */
export function endWithParent(
  file: string,
  args: readonly string[],
): { readonly file: string; readonly args: readonly string[] } {
  works ??= spawnSync(SETPRIV, [...FLAGS, '/bin/true'], { env: {}, stdio: 'ignore' }).status === 0;
  return works ? { file: SETPRIV, args: [...FLAGS, file, ...args] } : { file, args };
}
