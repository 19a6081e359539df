import { existsSync } from 'node:fs';
import { inspectNonceStore, isClockBehind } from '@stormpulse/services';
import type { NonceStoreLook } from '@stormpulse/services';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

/** A command dated further ahead is refused; a second of it is the coarseness of the hub's own answer. */
const SKEW_MS = 5_000;
const DATE_MS = 1_000;
/** A floor of a new store lies this far ahead; more means that it was set when the clock was ahead. */
const FLOOR_AHEAD_SECONDS = 60;
const SYNC = 'set the clock: timedatectl set-ntp true, then timedatectl timesync-status';

/** This host's clock against its hub's, and against the highest time that its own store has seen (SEC-064). */
export function lookAtClock(host: HostUnderExamination): Finding[] {
  return [...againstHub(host), ...againstStore(host)];
}

function againstHub({ hub, config, surroundings }: HostUnderExamination): Finding[] {
  const where = "this host's clock";
  const expected = `the time of the hub (${config.hubUrl ?? ''}) within ${SKEW_MS / 1_000} s`;
  if (hub?.time !== undefined) {
    const ahead = surroundings.now() - hub.time;
    if (Math.abs(ahead) <= SKEW_MS + DATE_MS + hub.tookMs) return [];
    const problem = `is ${told(Math.abs(ahead) / 1_000)} ${ahead > 0 ? 'ahead of' : 'behind'} the hub's: commands are refused as too old or from the future`;
    return [{ level: 'wrong', problem, where, expected, fix: `${SYNC}; if this host is right, the hub's has to be set` }];
  }
  const cause = hub?.refusal?.cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'CERT_NOT_YET_VALID') return [];
  const problem = "is before the first day of the hub's certificate";
  return [{ level: 'wrong', problem, where, expected, fix: SYNC }];
}

function againstStore({ config, configPath, user, surroundings }: HostUnderExamination): Finding[] {
  const path = config.databasePath;
  if (path === undefined || !existsSync(path)) return [];
  const look = user.look(() => lookIfSound(path));
  if (look === undefined) return [];
  const now = surroundings.now();
  const where = `${path}, and this host's clock (${new Date(now).toISOString()})`;
  const accept = `${SYNC}. If it is right as it is, confirm that: stormpulse doctor ${configPath} --accept-clock, then stormpulse restart`;
  if (isClockBehind(look, now)) {
    const behind = told((look.highest ?? 0) - now / 1_000);
    const problem = `the clock is ${behind} behind the highest time this agent has seen: commands are refused (clock_rollback)`;
    return [{ level: 'wrong', problem, where, expected: 'a clock that does not go back', fix: accept }];
  }
  const ahead = (look.floor ?? 0) - now / 1_000;
  if (ahead <= FLOOR_AHEAD_SECONDS) return [];
  const problem = `commands dated before ${new Date((look.floor ?? 0) * 1_000).toISOString()}, ${told(ahead)} from now, are refused (before_floor): the store was begun while the clock was ahead`;
  return [{ level: 'wrong', problem, where, expected: 'a floor that is behind', fix: 'wait until then, or check the clock' }];
}

/** One that cannot be read is told of with the nonces. */
function lookIfSound(path: string): NonceStoreLook | undefined {
  try {
    return inspectNonceStore(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function told(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
