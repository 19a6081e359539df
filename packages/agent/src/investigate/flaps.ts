import { clearedIfSeen } from './case-file.ts';
import type { CaseFile, Report, Unseen, Window } from './case-file.ts';
import { readJournal } from './journal.ts';
import type { JournalLine, JournalView } from './journal.ts';
import type { Outside } from './outside.ts';
import type { Standing } from './standing.ts';
import { local } from './window.ts';

/** v1's words and ours. */
const DROP = /Connection (?:closed|error)|Unexpected error|\bE_CONN_[A-Z]+\b/u;
/** In this order: the first that fits. */
const FAMILIES: readonly (readonly [family: string, words: RegExp])[] = [
  ['keepalive ping timeout', /keepalive ping timeout|no pong/iu],
  ['handshake timeout', /handshake.*(?:timed? ?out|within)|timed out during.*handshake|E_CONN_TIMEOUT/iu],
  ['no close frame', /no close frame|code 1006/iu],
];
/** The service manager's word on a unit that ended; in order, or with a result. */
const ENDED = /\.service: (?:Failed with result '([^']*)'|Deactivated successfully|Succeeded)\./u;
const SUSPECT = 'connection';
const STORM = 30;
const BATCH_CAP = 200;
const LATE_MS = 15_000;
const INFORMATION = 6;

/** Why the connection to the hub comes and goes. */
export async function investigateFlaps(
  outside: Outside,
  window: Window,
  configPath: string,
): Promise<Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'>> {
  const view = await readJournal(outside, window);
  return judge({ view, window, standing: outside.standing(configPath) }, outside.scope);
}

/** Judgement by itself: from what the journal showed, and what the agent says of its connection now. */
function judge(
  { view, window, standing }: { readonly view: JournalView; readonly window: Window; readonly standing: Standing | Unseen },
  scope: 'system' | 'user',
): Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'> {
  const own = view.lines.filter(({ isOwn }) => isOwn);
  const logs = `journalctl ${scope === 'user' ? '--user ' : ''}-u stormpulse`;
  const drops = own.filter(({ message }) => DROP.test(message));
  const found = [...churn(drops, logs), ...restarts(view, own, logs), ...down(window, standing)];
  if (found.length === 0)
    return { reports: [holds(window, standing, own) ?? steady(view, own, logs, standing)], nextMoves: [], openQuestions: [] };
  return {
    reports: [...found, storm(view, own, logs), shipping(view, own, logs), freeze(view, own, logs)],
    nextMoves: ['stormpulse doctor', 'stormpulse investigate box'],
    openQuestions: ["What does the hub's own log say of these times?"],
  };
}

/** One connection that began before the window and lasts beyond it is proof by itself, of a quiet agent too. */
function holds({ since, until }: Window, standing: Standing | Unseen, own: readonly JournalLine[]): Report | undefined {
  if (!('state' in standing) || standing.state !== 'live' || standing.since > since || standing.until < until) return undefined;
  const evidence = `one connection, which has lasted since ${local(standing.since)}; no drop in ${told(own)}`;
  return { suspect: SUSPECT, verdict: 'CLEARED', evidence };
}

/** Without that proof the agent's own lines have to have shown all of the window. */
function steady(view: JournalView, own: readonly JournalLine[], logs: string, standing: Standing | Unseen): Report {
  const unseen = view.unseen ?? silence(own, logs);
  const evidence = `no drop in ${told(own)}`;
  if (unseen === undefined || !('state' in standing)) {
    const also = unseen === undefined || !('why' in standing) ? '' : `, and ${standing.why}`;
    return clearedIfSeen(SUSPECT, evidence, unseen === undefined ? undefined : { ...unseen, why: unseen.why + also });
  }
  const [from, to] = [local(wholeSecond(standing.since)), local(standing.until)];
  const why = `${unseen.why}; what the agent itself tells of is one connection from ${from} to ${to}`;
  const command = from < to ? `stormpulse investigate flaps --since "${from}" --until "${to}"` : unseen.command;
  return clearedIfSeen(SUSPECT, evidence, { why, command });
}

/** Drops are warnings: an agent that says nothing, or logs errors only, would not have told. */
function silence(own: readonly JournalLine[], logs: string): Unseen | undefined {
  if (own.length === 0) {
    const command = 'stormpulse status; a longer window: stormpulse investigate flaps --since 7d';
    return { why: 'the journal has no line of the agent in this window', command };
  }
  if (own.some(({ priority }) => priority >= 4)) return undefined;
  const command = `STORMPULSE_LOG_LEVEL=info for the service, then: ${logs}`;
  return { why: 'the agent logs nothing but errors', command };
}

function told(own: readonly JournalLine[]): string {
  return `${own.length} lines of the agent`;
}

/** A window is named in seconds, and must not begin before the connection did. */
function wholeSecond(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}

function down({ until }: Window, standing: Standing | Unseen): Report[] {
  if (!('state' in standing) || standing.state === 'live' || standing.since > until) return [];
  const evidence = `there is none now: ${standing.state} since ${local(standing.since)}`;
  const { lastError } = standing;
  const detail = lastError === undefined ? {} : { detail: `the last one: ${lastError.slice(0, 300)}` };
  return [{ suspect: SUSPECT, verdict: 'IMPLICATED', evidence, ...detail, remedy: 'stormpulse doctor' }];
}

/** A connection ends with its agent, in order or not. */
function restarts({ lines }: JournalView, own: readonly JournalLine[], logs: string): Report[] {
  const ends = lines.flatMap(({ isOwn, at, message }) => {
    const end = isOwn ? null : ENDED.exec(message);
    return end === null ? [] : [{ at, how: end[1] === undefined ? 'in order' : `as ${end[1]}` }];
  });
  const runs = new Set(own.flatMap(({ run }) => run ?? [])).size;
  if (ends.length === 0 && runs < 2) return [];
  const evidence =
    ends.length === 0
      ? `${runs} runs of the agent, and no word of how one ended: this machine may have gone down`
      : `the agent ended ${ends.length} times: ${ends
          .slice(-5)
          .map(({ at, how }) => `${how} at ${local(at)}`)
          .join(', ')}`;
  return [
    { suspect: 'agent restarts', verdict: 'IMPLICATED', evidence, remedy: `${logs} -g "Failed with|Deactivated|Succeeded"` },
  ];
}

function churn(drops: readonly JournalLine[], logs: string): Report[] {
  if (drops.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { message } of drops) {
    const family = FAMILIES.find(([, words]) => words.test(message))?.[0] ?? 'other';
    counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  const families = [...counts].map(([family, count]) => `${family} ${count}`).join(', ');
  const [first, last] = [drops[0], drops.at(-1)];
  const report: Report = {
    suspect: 'reconnect churn',
    verdict: 'IMPLICATED',
    evidence: `${drops.length} drops from ${local(first?.at ?? 0)} to ${local(last?.at ?? 0)}: ${families}`,
    detail: `the last one: ${last?.message.slice(0, 300) ?? ''}`,
    remedy: `${logs} -g "Connection|E_CONN"`,
  };
  return [report];
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
