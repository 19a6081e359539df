import type { Database, Row } from '@stormpulse/sqlite';
import { number, numberOrNull, text, textOrNull, utf8OrNull } from './rows.ts';

/** States of one target (hub page 7.1). `unknown`: no answer came; never sent again, a late result corrects it. */
export type TargetState = 'queued' | 'sent' | 'running' | AnsweredState | 'unknown' | 'expired' | 'refused';

/** Those that a result brings. */
export type AnsweredState = 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** One order to run a command on one agent; times are Unix milliseconds. */
export interface RunRow {
  readonly id: string;
  readonly agentId: string;
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

/** The run on its agent. */
export interface TargetRow {
  readonly id: string;
  readonly runId: string;
  readonly agentId: string;
  readonly state: TargetState;
  readonly reason: string | null;
  /** Made with the order, since the request id belongs to it (SEC-071); null where the order is older than that rule. */
  readonly nonce: string | null;
  readonly requestId: string;
  readonly longRunning: boolean;
  readonly timeoutMs: number;
  readonly queuedAt: number;
  readonly sentAt: number | null;
  readonly endedAt: number | null;
  readonly result: TargetResult | null;
}

/** What `command.result` told. */
export interface TargetResult {
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
  readonly failure_reason: string | null;
}

/** A run to store, with its one target. */
export interface NewRun {
  readonly run: RunRow;
  readonly target: Pick<TargetRow, 'id' | 'nonce' | 'requestId' | 'longRunning' | 'timeoutMs'>;
  readonly idempotencyKey: string | null;
  readonly digest: Uint8Array;
}

/** Runs and their targets. */
export interface RunStore {
  add(fresh: NewRun): void;
  find(id: string): RunRow | undefined;
  byIdempotencyKey(key: string): { readonly id: string; readonly digest: Uint8Array } | undefined;
  /** Newest first, of one agent or of all. */
  latest(agentId: string | undefined, limit: number): RunRow[];
  targetOf(runId: string): TargetRow | undefined;
  byRequestId(requestId: string): TargetRow | undefined;
  /** Targets that are not ended, oldest first. */
  live(agentId: string): TargetRow[];
  /** Every target that was sent and has no answer yet, of one agent or of all. */
  unanswered(agentId: string | undefined): TargetRow[];
  /** Targets that wait since before then. */
  waitingSince(beforeMs: number): TargetRow[];
  markSent(id: string, sent: { readonly ts: string; readonly at: number }): void;
  setState(id: string, state: TargetState, reason: string | null, endedAt: number | null): void;
  end(id: string, state: AnsweredState, result: TargetResult, extras: object, endedAt: number, late: boolean): void;
}

const RUN = 'id, agent_id, command, params, created';
const TARGET =
  'id, run_id, agent_id, state, reason, nonce, request_id, long_running, timeout_ms, queued, sent, ended, success, exit_code, stdout, stderr, duration_ms, failure';
const UTF8 = new TextEncoder();

export function createRunStore(database: Database): RunStore {
  const insertRun = database.prepare(`INSERT INTO run (${RUN}, idem, digest) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const insertTarget = database.prepare(
    `INSERT INTO target (id, run_id, agent_id, state, nonce, request_id, long_running, timeout_ms, queued, late) VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, 0)`,
  );
  const selectRun = database.prepare(`SELECT ${RUN} FROM run WHERE id = ?`);
  const byKey = database.prepare('SELECT id, digest FROM run WHERE idem = ?');
  const latestAll = database.prepare(`SELECT ${RUN} FROM run ORDER BY created DESC, id DESC LIMIT ?`);
  const latestOf = database.prepare(`SELECT ${RUN} FROM run WHERE agent_id = ? ORDER BY created DESC, id DESC LIMIT ?`);
  const byRun = database.prepare(`SELECT ${TARGET} FROM target WHERE run_id = ?`);
  const byRequest = database.prepare(`SELECT ${TARGET} FROM target WHERE request_id = ?`);
  const live = database.prepare(
    `SELECT ${TARGET} FROM target WHERE agent_id = ? AND state IN ('queued', 'sent', 'running') ORDER BY queued, id`,
  );
  const unansweredAll = database.prepare(`SELECT ${TARGET} FROM target WHERE state IN ('sent', 'running')`);
  const waiting = database.prepare(`SELECT ${TARGET} FROM target WHERE state = 'queued' AND queued < ?`);
  const sent = database.prepare("UPDATE target SET state = 'sent', sent_ts = ?, sent = ? WHERE id = ?");
  const state = database.prepare('UPDATE target SET state = ?, reason = ?, ended = ? WHERE id = ?');
  const end = database.prepare(
    `UPDATE target SET state = ?, reason = ?, ended = ?, success = ?, exit_code = ?, stdout = ?, stderr = ?, duration_ms = ?, failure = ?,
     extras = ?, late = ? WHERE id = ?`,
  );
  return {
    add({ run, target, idempotencyKey, digest }) {
      insertRun.run(run.id, run.agentId, run.command, JSON.stringify(run.params), run.createdAt, idempotencyKey, digest);
      insertTarget.run(
        target.id,
        run.id,
        run.agentId,
        target.nonce,
        target.requestId,
        Number(target.longRunning),
        target.timeoutMs,
        run.createdAt,
      );
    },
    find: (id) => optional(selectRun.get(id), toRun),
    byIdempotencyKey: (key) =>
      optional(byKey.get(key), (row) => ({
        id: text(row, 'id'),
        digest: row['digest'] instanceof Uint8Array ? row['digest'] : new Uint8Array(),
      })),
    latest: (agentId, limit) => (agentId === undefined ? latestAll.all(limit) : latestOf.all(agentId, limit)).map(toRun),
    targetOf: (runId) => optional(byRun.get(runId), toTarget),
    byRequestId: (requestId) => optional(byRequest.get(requestId), toTarget),
    live: (agentId) => live.all(agentId).map(toTarget),
    unanswered: (agentId) =>
      agentId === undefined
        ? unansweredAll.all().map(toTarget)
        : live
            .all(agentId)
            .map(toTarget)
            .filter((target) => target.state !== 'queued'),
    waitingSince: (beforeMs) => waiting.all(beforeMs).map(toTarget),
    markSent(id, { ts, at }) {
      sent.run(ts, at, id);
    },
    setState(id, next, reason, endedAt) {
      state.run(next, reason, endedAt, id);
    },
    end(id, next, result, extras, endedAt, late) {
      end.run(
        next,
        result.failure_reason,
        endedAt,
        Number(result.success),
        result.exit_code,
        UTF8.encode(result.stdout),
        UTF8.encode(result.stderr),
        result.duration_ms,
        result.failure_reason,
        JSON.stringify(extras),
        Number(late),
        id,
      );
    },
  };
}

function optional<T>(row: Row | undefined, read: (row: Row) => T): T | undefined {
  return row === undefined ? undefined : read(row);
}

function toRun(row: Row): RunRow {
  return {
    id: text(row, 'id'),
    agentId: text(row, 'agent_id'),
    command: text(row, 'command'),
    params: JSON.parse(text(row, 'params')) as Record<string, string>,
    createdAt: number(row, 'created'),
  };
}

function toTarget(row: Row): TargetRow {
  const success = numberOrNull(row, 'success');
  return {
    id: text(row, 'id'),
    runId: text(row, 'run_id'),
    agentId: text(row, 'agent_id'),
    state: text(row, 'state') as TargetState,
    reason: textOrNull(row, 'reason'),
    nonce: textOrNull(row, 'nonce'),
    requestId: text(row, 'request_id'),
    longRunning: number(row, 'long_running') === 1,
    timeoutMs: number(row, 'timeout_ms'),
    queuedAt: number(row, 'queued'),
    sentAt: numberOrNull(row, 'sent'),
    endedAt: numberOrNull(row, 'ended'),
    result:
      success === null
        ? null
        : {
            success: success === 1,
            exit_code: number(row, 'exit_code'),
            stdout: utf8OrNull(row, 'stdout') ?? '',
            stderr: utf8OrNull(row, 'stderr') ?? '',
            duration_ms: number(row, 'duration_ms'),
            failure_reason: textOrNull(row, 'failure'),
          },
  };
}
