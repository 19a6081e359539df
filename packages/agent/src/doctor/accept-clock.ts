import { acceptClock } from '@stormpulse/services';
import { agentUser } from '../cli/config-check-user.ts';
import { loadConfig, readHostFile } from '../config/load.ts';
import { Refused } from '../errors.ts';

/**
 * The operator's word on the host that a clock which stepped back is right (SEC-064). Gives what there is to say of it. Throws
 * what is wrong with the file, and `E_AGENT_REFUSED` when the store cannot be changed.
 */
export function confirmClock(configPath: string, now: number = Date.now()): string {
  // Read as root first, only to learn whose host it is.
  const user = agentUser(readHostFile(configPath).values['storage']?.['db_path']);
  const { databasePath, accepted } = user.look(() => {
    const { databasePath } = loadConfig(configPath).config;
    return { databasePath, accepted: attempt(databasePath, now) };
  });
  if (!accepted) return `${databasePath}: the clock is not behind what this agent has seen; nothing was changed.`;
  const time = new Date(now).toISOString();
  return `${databasePath}: ${time} is taken as right from the next start of the agent on. Commands dated before it are refused, whether they ran or not. Now: stormpulse restart`;
}

function attempt(path: string, now: number): boolean {
  try {
    return acceptClock(path, now);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    throw Refused(
      { what: `the clock was not confirmed: ${cause.message}; run it as root, or as the user of the agent` },
      { cause },
    );
  }
}
