import { readFileSync, realpathSync } from 'node:fs';
import { Refused } from '../../errors.ts';
import { assertGuarded } from '../../host/guarded-file.ts';
import type { SetupDeps } from './setup-deps.ts';
import { isHidden, unitText } from './unit-text.ts';

const MAX_PROGRAM_BYTES = 16 * 1024 * 1024;

/** The service runs this program with the rights of the agent: nobody else may change it, and the unit must see it. Throws `E_AGENT_REFUSED`, `E_FILE_MODE`. */
export function assertProgram({ program, paths }: Pick<SetupDeps, 'program' | 'paths'>): void {
  for (const path of [program.node, program.main]) {
    assertGuarded(path, { secrecy: 'public', maxBytes: path === program.node ? 2 ** 40 : MAX_PROGRAM_BYTES });
    if (paths.mode === 'system' && isHidden(realpathSync(path)))
      throw Refused({
        what: `${path} is in a folder that the service cannot see; install where every user can read, such as: npm install --global --prefix /opt/stormpulse @stormpulse/agent`,
      });
  }
}

/** The unit of this host or user, and the shipped one it is made of. Throws `E_AGENT_REFUSED` for a path that no unit can hold. */
export function serviceUnit(
  { program, paths }: Pick<SetupDeps, 'program' | 'paths'>,
  project: string | undefined,
): { readonly text: string; readonly shipped: string } {
  const { mode, config, data } = paths;
  const { node, main, units } = program;
  const shipped = readFileSync(`${units}/stormpulse${mode === 'user' ? '.user' : ''}.service`, 'utf8');
  return { text: unitText(shipped, { node, main, config, data, project }), shipped };
}
