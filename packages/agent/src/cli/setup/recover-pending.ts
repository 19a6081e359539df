import { recover } from '@stormpulse/wizard';
import { Refused } from '../../errors.ts';
import type { SetupDeps } from './setup-deps.ts';
import { setupHostOf } from './setup-host-of.ts';

/** What an earlier set-up left is taken back, or ended, before anything else. True: there was something. Rejects with `E_AGENT_REFUSED`, `E_WIZARD_*`. */
export async function recoverPending({
  paths,
  programs,
  units,
  print,
}: Pick<SetupDeps, 'paths' | 'programs' | 'units' | 'print'>): Promise<boolean> {
  const outcome = await recover(setupHostOf({ config: paths.config, programs, units, told: () => undefined }));
  if (outcome === undefined) return false;
  if (outcome.status === 'partial_rollback')
    throw Refused({
      what: `an earlier set-up (${outcome.title}) was cut off, and not all of it could be taken back:\n${outcome.failures.join('\n')}`,
    });
  print(
    `an earlier set-up (${outcome.title}) was cut off: ${outcome.status === 'committed' ? 'it was ended' : 'everything it had begun was taken back'}`,
  );
  return true;
}
