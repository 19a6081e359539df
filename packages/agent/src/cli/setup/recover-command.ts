import { defaultPaths } from '../../config/paths.ts';
import { systemPrograms } from './programs.ts';
import { recoverPending } from './recover-pending.ts';
import { setupPaths } from './setup-paths.ts';
import { systemdUnits } from './systemd-units.ts';

/** `stormpulse doctor --recover`. Rejects with `E_AGENT_REFUSED`, `E_WIZARD_*`. */
export async function recoverSetup(config: string): Promise<void> {
  const paths = { ...setupPaths({ system: false, user: false }), config };
  const programs = systemPrograms();
  const print = (line: string): void => void process.stderr.write(`${line}\n`);
  const isPending = await recoverPending({ paths, programs, units: systemdUnits(defaultPaths().mode, programs), print });
  if (!isPending) print('no set-up was cut off here');
}
