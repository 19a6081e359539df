import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { HostFacts } from './host-facts.ts';

/** Longest time that a hatch may be open. */
export const MAX_OPEN_MS = 8 * 3_600_000;
const MAX_BYTES = 4_096;

/** The proof that the operator opened the hatch, as the command line wrote it (SEC-151). */
export interface Opening {
  readonly id: string;
  readonly host: string;
  readonly boot: string;
  /** Unix milliseconds. */
  readonly openedAt: number;
  readonly expiresAt: number;
  /** Seconds since that boot. */
  readonly openedUptime: number;
  readonly expiresUptime: number;
  readonly by: string;
  readonly why: string;
}

/** Who may have written it. */
export interface OpeningRules {
  readonly agentUid: number;
  /** The agent's own user counts as the operator. */
  readonly acceptSameUser: boolean;
}

/** The opening in force, or why there is none. Never throws: what cannot be read is no proof. */
export function readOpening(path: string, rules: OpeningRules, facts: HostFacts): Opening | { readonly closed: string } {
  try {
    return judge(path, rules, facts);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { closed: code === 'ENOENT' ? 'nobody has opened it' : `${path} cannot be read (${code})` };
  }
}

function judge(path: string, rules: OpeningRules, facts: HostFacts): Opening | { readonly closed: string } {
  const { text, problem } = readOnce(path, rules);
  if (problem !== undefined) return { closed: `${path} ${problem}` };
  const opening = parse(text);
  if (opening === undefined) return { closed: `${path} is no record of an opening` };
  if (opening.host !== facts.hostId()) return { closed: 'it was opened on another host' };
  if (opening.boot !== facts.bootId()) return { closed: 'the host has been restarted since it was opened' };
  const [now, uptime] = [facts.now(), facts.uptime()];
  if (opening.openedAt > now || opening.openedUptime > uptime) return { closed: 'it was opened in the future' };
  // Whichever clock says so first (SEC-152).
  if (now >= opening.expiresAt || uptime >= opening.expiresUptime) return { closed: 'its time has run out' };
  return opening;
}

/** Everything is asked of one open file (SEC-154). */
function readOnce(path: string, { agentUid, acceptSameUser }: OpeningRules) {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { uid, mode, nlink, size, ...stat } = fstatSync(descriptor);
    const none = (problem: string): { readonly text: string; readonly problem: string } => ({ text: '', problem });
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || stat.isFile?.() === false) return none('is no regular file');
    if (nlink !== 1) return none('has another name besides');
    if ((mode & 0o7777 & ~0o644) !== 0) return none('may be changed by others, or run');
    if (uid === agentUid && !acceptSameUser) return none("belongs to the agent's own user");
    if (uid !== agentUid && uid !== 0) return none(`belongs to user ${uid}`);
    if (size > MAX_BYTES) return none('is too long');
    return { text: readFileSync(descriptor, 'utf8'), problem: undefined };
  } finally {
    closeSync(descriptor);
  }
}

function parse(text: string): Opening | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const opening = value as Opening;
  const { id, host, boot, openedAt, expiresAt, openedUptime, expiresUptime, by, why } = opening;
  const isShaped =
    [id, host, boot, by, why].every((each) => typeof each === 'string') &&
    [openedAt, expiresAt, openedUptime, expiresUptime].every(Number.isFinite);
  const isBounded =
    expiresAt - openedAt <= MAX_OPEN_MS &&
    expiresUptime - openedUptime <= MAX_OPEN_MS / 1_000 &&
    expiresAt > openedAt &&
    expiresUptime > openedUptime;
  return isShaped && isBounded ? opening : undefined;
}
