import { clearedIfSeen } from './case-file.ts';
import type { CaseFile, Report, Window } from './case-file.ts';
import { readJournal } from './journal.ts';
import type { JournalLine, JournalView } from './journal.ts';
import type { Outside } from './outside.ts';
import { local } from './window.ts';

/** v1's words and ours. */
const DROP = /Connection (?:closed|error)|Unexpected error|\bE_CONN_[A-Z]+\b/u;
/** In this order: the first that fits. */
const FAMILIES: readonly (readonly [family: string, words: RegExp])[] = [
  ['keepalive ping timeout', /keepalive ping timeout|no pong/iu],
  ['handshake timeout', /handshake.*(?:timed? ?out|within)|timed out during.*handshake|E_CONN_TIMEOUT/iu],
  ['no close frame', /no close frame|code 1006/iu],
];
const STORM = 30;
const BATCH_CAP = 200;
const LATE_MS = 15_000;
const INFORMATION = 6;

/** Why the connection to the hub comes and goes. */
export async function investigateFlaps(
  outside: Outside,
  window: Window,
): Promise<Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'>> {
  return judge(await readJournal(outside, window), outside.scope);
}

/** Judgement by itself: from what the journal showed. */
export function judge(view: JournalView, scope: 'system' | 'user'): Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'> {
  const own = view.lines.filter(({ isOwn }) => isOwn);
  const logs = `journalctl ${scope === 'user' ? '--user ' : ''}-u stormpulse`;
  const drops = own.filter(({ message }) => DROP.test(message));
  if (own.length === 0) {
    const why = view.unseen?.why ?? 'the journal has no line of the agent in this window';
    const remedy =
      view.unseen?.command ??
      `a longer window: stormpulse investigate flaps --since 7d; how long the connection has lasted: stormpulse status`;
    return {
      reports: [{ suspect: 'connection', verdict: 'INCONCLUSIVE', evidence: why, remedy }],
      nextMoves: [],
      openQuestions: [],
    };
  }
  if (drops.length === 0) return { reports: [steady(view, own, logs)], nextMoves: [], openQuestions: [] };
  return {
    reports: [churn(drops, logs), storm(view, own, logs), shipping(view, own, logs), freeze(view, own, logs)],
    nextMoves: ['stormpulse doctor', 'stormpulse investigate box'],
    openQuestions: ["What does the hub's own log say of these times?"],
  };
}

function steady({ unseen }: JournalView, own: readonly JournalLine[], logs: string): Report {
  // Drops are warnings: an agent that logs errors only would not have told.
  const isQuiet = own.every(({ priority }) => priority < 4);
  const quiet = { why: 'the agent logs nothing but errors', command: `STORMPULSE_LOG_LEVEL=info for the service, then: ${logs}` };
  return clearedIfSeen('connection', `no drop in ${own.length} lines of the agent`, unseen ?? (isQuiet ? quiet : undefined));
}

function churn(drops: readonly JournalLine[], logs: string): Report {
  const counts = new Map<string, number>();
  for (const { message } of drops) {
    const family = FAMILIES.find(([, words]) => words.test(message))?.[0] ?? 'other';
    counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  const families = [...counts].map(([family, count]) => `${family} ${count}`).join(', ');
  const [first, last] = [drops[0], drops.at(-1)];
  return {
    suspect: 'reconnect churn',
    verdict: 'IMPLICATED',
    evidence: `${drops.length} drops from ${local(first?.at ?? 0)} to ${local(last?.at ?? 0)}: ${families}`,
    detail: `the last one: ${last?.message.slice(0, 300) ?? ''}`,
    remedy: `${logs} -g "Connection|E_CONN"`,
  };
}

/** Lines of level information are what these two suspects leave behind. */
function unseenInformation({ unseen }: JournalView, own: readonly JournalLine[], logs: string): JournalView['unseen'] {
  if (unseen !== undefined || own.some(({ priority }) => priority >= INFORMATION)) return unseen;
  return {
    why: 'the agent logs no information, only warnings',
    command: `STORMPULSE_LOG_LEVEL=info for the service, then: ${logs}`,
  };
}

function storm(view: JournalView, own: readonly JournalLine[], logs: string): Report {
  const count = own.filter(({ message }) => message.includes('garage_refresh')).length;
  const evidence = `${count} results of garage_refresh; more than ${STORM} would be a storm`;
  if (count <= STORM) return clearedIfSeen('refresh storm', evidence, unseenInformation(view, own, logs));
  return { suspect: 'refresh storm', verdict: 'IMPLICATED', evidence, remedy: `${logs} -g garage_refresh` };
}

function shipping(view: JournalView, own: readonly JournalLine[], logs: string): Report {
  const batches = own.flatMap(({ message }) => /Shipped log\.batch .*\blines=(\d+)/u.exec(message)?.[1] ?? []).map(Number);
  const full = batches.filter((lines) => lines >= BATCH_CAP).length;
  const limit = Math.max(10, batches.length / 100);
  const evidence = `${full} of ${batches.length} batches were full (${BATCH_CAP} lines); more than ${Math.round(limit)} would be too many`;
  if (full <= limit) return clearedIfSeen('log shipping', evidence, unseenInformation(view, own, logs));
  return { suspect: 'log shipping', verdict: 'IMPLICATED', evidence, remedy: 'stormpulse investigate logs-pipeline' };
}

/** A process that stands still writes late, or is ended by the service manager's watchdog. */
function freeze(view: JournalView, own: readonly JournalLine[], logs: string): Report {
  const suspect = 'freeze';
  const ended = view.lines.filter(({ isOwn, message }) => !isOwn && /watchdog timeout/iu.test(message)).length;
  const late = own.flatMap(({ at, message }) => {
    const written = ownTime(message);
    return written === undefined ? [] : [{ at, ms: at - written }];
  });
  const worst = late.toSorted((a, b) => b.ms - a.ms)[0];
  const remedy = 'stormpulse investigate box';
  if (ended > 0)
    return {
      suspect,
      verdict: 'IMPLICATED',
      evidence: `the watchdog of the service manager ended the agent ${ended} times`,
      remedy,
    };
  if (worst !== undefined && worst.ms >= LATE_MS) {
    const evidence = `a line reached the journal ${Math.round(worst.ms / 1_000)} s after it was written, at ${local(worst.at)}`;
    return { suspect, verdict: 'IMPLICATED', evidence, remedy };
  }
  const unseen = { why: 'the lines carry no time of their own', command: `${logs} -g watchdog` };
  return clearedIfSeen(
    suspect,
    `no line came ${LATE_MS / 1_000} s late, no watchdog timeout`,
    view.unseen ?? (worst === undefined ? unseen : undefined),
  );
}

/** At the begin of a line, or as this agent's JSON has it. */
function ownTime(message: string): number | undefined {
  const [, day, clock, fraction = '0', zone = ''] =
    /(?:^|"time":")(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,6}))?(Z|[+-]\d{2}:?\d{2})?/u.exec(message) ?? [];
  if (day === undefined || clock === undefined) return undefined;
  const time = Date.parse(`${day}T${clock}.${fraction.slice(0, 3)}${zone}`);
  return Number.isNaN(time) ? undefined : time;
}
