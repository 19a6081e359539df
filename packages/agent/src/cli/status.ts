import { existsSync, readFileSync } from 'node:fs';
import { unsealedDuration } from '@stormpulse/protocol';
import { openDatabase } from '@stormpulse/sqlite';
import type { AgentConfig } from '../config/agent-config.ts';
import { loadConfig } from '../config/load.ts';
import type { AwaitedSection } from '../config/other-tables.ts';
import { currentPair } from '../host/client-pair.ts';
import { hatchOf } from '../host/hatch.ts';
import type { HatchState } from '../host/hatch.ts';
import { printable } from '../host/printable.ts';
import { readRunning, statusPath } from '../host/status-file.ts';
import type { StatusFile } from '../host/status-file.ts';
import { VERSION } from '../version.ts';

const DAY_MS = 86_400_000;
const REGISTER_MS = 15_000;
const ACK_TOLD_MS = 60_000;
const MAX_VALUE_CHARS = 4_096;
/** A command dated further ahead is refused. */
const REFUSED_FROM_MS = 5_000;

/** What `status` knows; `undefined` is shown as unknown. */
export interface StatusReport {
  readonly version: string;
  readonly config: string;
  readonly configProblem?: string;
  readonly agentId?: string;
  readonly dashboard?: string;
  readonly certificateUntil?: string;
  /** Full days that are left, negative once it has ended. */
  readonly certificateDays?: number;
  readonly nonces?: { readonly path: string; readonly entries?: number };
  /** Sections of the file that nothing serves, and why. */
  readonly sections?: readonly AwaitedSection[];
  readonly running?: StatusFile;
  readonly hatch?: HatchState;
}

/** Reads what is there; never the network, never a reason to fail (wire page, 12.1). */
export function readStatus(configPath: string, now: number = Date.now()): StatusReport {
  const base = { version: VERSION, config: configPath };
  let config: AgentConfig;
  try {
    ({ config } = loadConfig(configPath));
  } catch (error) {
    return { ...base, configProblem: error instanceof Error ? error.message : String(error) };
  }
  const certificate = certificateUntil(config, now);
  const running = readRunning(statusPath(config.databasePath));
  const entries = countNonces(config.databasePath);
  return {
    ...base,
    agentId: config.agentId,
    dashboard: config.hubUrl,
    ...certificate,
    nonces: { path: config.databasePath, ...(entries === undefined ? {} : { entries }) },
    ...(config.awaited.length === 0 ? {} : { sections: config.awaited }),
    ...(running === undefined ? {} : { running }),
  };
}

/** {@link readStatus}, and how the hatch stands, as its files say. */
export async function readWholeStatus(configPath: string): Promise<StatusReport> {
  const status = readStatus(configPath);
  if (status.configProblem !== undefined) return status;
  return { ...status, hatch: (await hatchOf(loadConfig(configPath).config)).state() };
}

/** v1's rows, then ours; labels padded to 16 columns. */
export function formatStatus(status: StatusReport, now: number = Date.now()): string {
  const { running, nonces } = status;
  const rows: [label: string, value: string][] = [
    ['Storm Pulse', `v${status.version}`],
    ['Agent ID', status.agentId ?? 'unknown'],
    ['Config', status.config],
    ['Dashboard', status.dashboard ?? 'unknown'],
    ['Certs expire', status.certificateUntil ?? 'unavailable'],
    [
      'Nonce DB',
      nonces === undefined
        ? 'unknown'
        : `${nonces.path} (${nonces.entries === undefined ? 'unavailable' : `${nonces.entries} entries`})`,
    ],
    ['PID', running === undefined ? 'not running' : `${running.pid} (running)`],
    ['Sign-off', hatchText(status.hatch, now)],
  ];
  for (const { table, state, reason } of status.sections ?? []) rows.push(['Section', `[${table}] ${state} (${reason})`]);
  for (const line of status.configProblem?.split('\n') ?? []) rows.push(['Problem', line]);
  if (running !== undefined) rows.push(...liveRows(running, now));
  return rows.map(([label, value]) => `${`${label}:`.padEnd(16)}${printable(value, MAX_VALUE_CHARS)}`).join('\n');
}

function liveRows(running: StatusFile, now: number): [label: string, value: string][] {
  const { connection, lastAckAt, clockAheadMs, linkFaults = {} } = running;
  const error = connection.state === 'live' || connection.lastError === undefined ? '' : `; ${connection.lastError.message}`;
  const again =
    connection.nextAttemptInMs === undefined
      ? ''
      : `, next attempt in ${seconds(connection.since + connection.nextAttemptInMs - now)}`;
  const counts = (counters: Readonly<Record<string, number>>): string =>
    Object.entries(counters)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ') || 'none';
  return [
    ['Connection', `${connection.state} for ${seconds(now - connection.since)}${again}${error}${unanswered(running, now)}`],
    ...(running.hub === undefined ? [] : [['Hub in use', running.hub] satisfies [string, string]]),
    ['Last ack', lastAckAt === undefined ? 'none on this run' : `${seconds(now - lastAckAt)} ago`],
    ...(clockAheadMs === undefined ? [] : [['Clock', clockWords(clockAheadMs)] satisfies [string, string]]),
    [
      'Plugins',
      running.plugins
        .map(({ name, state, reason }) => `${name} ${state}${reason === undefined ? '' : ` (${reason})`}`)
        .join(', ') || 'none',
    ],
    ['Commands', running.commands.join(', ') || 'none'],
    ...running.leftOut.map(({ command, problem }): [string, string] => [
      'Left out',
      `${command}: ${problem.problem}${problem.fix === undefined ? '' : `; ${problem.fix}`}`,
    ]),
    ...(Object.keys(linkFaults).length === 0 ? [] : [['Link faults', counts(linkFaults)] satisfies [string, string]]),
    ['Refused', counts(running.refusals)],
    ['Outbox', `${running.outbox.waiting} waiting, ${running.outbox.lost} lost`],
    ...(running.renewal === undefined ? [] : [['Renewal', renewalText(running.renewal, now)] satisfies [string, string]]),
    ...(running.allowances.length === 0 ? [] : [['Weakened by', running.allowances.join(', ')] satisfies [string, string]]),
  ];
}

/** Of an opening, how long, as v1 tells it, and how much longer. */
export function hatchText(hatch: HatchState | undefined, now: number = Date.now()): string {
  if (hatch === undefined) return 'unknown';
  if (hatch.sealed) return `sealed (${hatch.why})`;
  const { openedAt, expiresAt, by, why } = hatch.opening;
  const open = unsealedDuration((now - openedAt) / 1_000);
  const until = new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ');
  return `UNSEALED for ${open}, until ${until} UTC, by ${by}${why === '' ? '' : ` (${why})`}; close it: stormpulse signoff seal`;
}

/** A hub's clock is only known to the time its answer took. */
function clockWords(aheadMs: number): string {
  if (Math.abs(aheadMs) < 1_000) return "as the hub's, within 1 s";
  const told = `${seconds(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} the hub's`;
  return Math.abs(aheadMs) > REFUSED_FROM_MS ? `${told}: commands are refused; see stormpulse doctor` : told;
}

/** SEC-004: it only tells, since commands count from the upgrade on (D1). */
function unanswered({ connection: { state, since }, lastAckAt }: StatusFile, now: number): string {
  // Where there was an acknowledgement before, a new one is told of within a minute.
  const patienceMs = REGISTER_MS + (lastAckAt === undefined ? 0 : ACK_TOLD_MS);
  if (state !== 'live' || now - since < patienceMs || (lastAckAt ?? 0) >= since) return '';
  return '; the hub has not acknowledged that this agent registered: see its log';
}

function renewalText({ state, at, error }: NonNullable<StatusFile['renewal']>, now: number): string {
  const day = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const again = at > now ? `, next attempt ${day} UTC` : '';
  if (state === 'scheduled') return `due ${day} UTC`;
  if (state === 'unsupported') return `this hub renews no certificates; enroll again before this one ends${again}`;
  return `${state}${again}${error === undefined ? '' : `; ${error}`}`;
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1_000))} s`;
}

/** Full days, also after the end (wire page, 14.50). */
function certificateUntil(config: AgentConfig, now: number): Pick<StatusReport, 'certificateUntil' | 'certificateDays'> {
  try {
    const until = new Date(currentPair(config, (path) => readFileSync(path)).leaf.validTo);
    const days = Math.trunc((until.getTime() - now) / DAY_MS);
    const date = until.toISOString().slice(0, 10);
    const text = until.getTime() > now ? `${date} (${days} days)` : `${date} (EXPIRED ${-days} days ago)`;
    return { certificateUntil: text, certificateDays: days };
  } catch {
    return {};
  }
}

function countNonces(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const database = openDatabase(path, { readonly: true });
    try {
      return Number(database.prepare('SELECT count(*) AS n FROM seen_nonces').get()?.['n']);
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
