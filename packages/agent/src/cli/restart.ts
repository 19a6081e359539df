import { EXIT } from '../exit-codes.ts';
import { Refused } from '../errors.ts';
import { UNIT } from '../host/service-programs.ts';
import type { ServicePrograms } from '../host/service-programs.ts';

/**
 * Restarts the agent of this user and gives systemctl's exit code; that of the host is for its operator to restart, so the
 * command is only printed. Throws `E_AGENT_REFUSED` when this host has no systemctl, or the agent is not this user's.
 */
export async function restart(programs: ServicePrograms, print: (line: string) => void): Promise<number> {
  const command = `systemctl restart ${UNIT}`;
  if (programs.scope === 'system') {
    if (!programs.isRoot)
      throw Refused({
        what: `the agent of this host is a service of the system, and this user cannot restart it; as root: ${command}`,
      });
    print(command);
    return EXIT.ok;
  }
  const systemctl = programs.find('systemctl');
  if (systemctl === undefined)
    throw Refused({
      what: 'systemctl was expected in /usr/bin or /bin and is not there; stop the agent with SIGTERM, and start it as it was started',
    });
  return await programs.run(systemctl, ['--user', 'restart', UNIT]);
}
