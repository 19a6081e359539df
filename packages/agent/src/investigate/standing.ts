import { agentUser } from '../cli/config-check-user.ts';
import { loadConfig } from '../config/load.ts';
import { isStatusHidden, readRunning, statusPath } from '../host/status-file.ts';
import type { StatusFile } from '../host/status-file.ts';
import type { Unseen } from './case-file.ts';

/** What the agent itself says of its connection now; times are Unix milliseconds. */
export interface Standing {
  readonly state: string;
  readonly since: number;
  /** Until then the state is known to have held. */
  readonly until: number;
  readonly lastError?: string;
}

/** Each acknowledgement is written down once this is over; the next comes with a heartbeat or a push. */
const ACK_TOLD_MS = 60_000;
const SLACK_MS = 30_000;

/** Reads the status file of the agent that runs on this file, with the eyes of the agent's user. */
export function readStanding(configPath: string, now: number): Standing | Unseen {
  let config;
  try {
    ({ config } = loadConfig(configPath));
  } catch (error) {
    const first = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    return { why: `the agent's file could not be read: ${first}`, command: `stormpulse config check ${configPath}` };
  }
  const path = statusPath(config.databasePath);
  const { isHidden, running } = agentUser(config.databasePath).look(() => ({
    isHidden: isStatusHidden(path),
    running: readRunning(path),
  }));
  if (isHidden) return { why: `this user may not read ${path}`, command: 'as root: stormpulse investigate flaps' };
  if (running === undefined) return { why: 'no agent runs on this file', command: 'systemctl status stormpulse' };
  return standingOf(running, Math.min(config.heartbeatMs, config.pushMs), now);
}

/** An agent that lives writes a change down at once; one that stands still does not, and is known by what it no longer writes. */
export function standingOf({ connection, writtenAt }: StatusFile, beatMs: number, now: number): Standing {
  const { state, since, lastError } = connection;
  const isFresh = now - writtenAt <= ACK_TOLD_MS + beatMs + SLACK_MS;
  return { state, since, until: isFresh ? now : writtenAt, ...(lastError === undefined ? {} : { lastError: lastError.message }) };
}
