import { Check } from '@sinclair/typebox/value';
import type { Acceptance, ClaimStep } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import type { Payloads } from '@stormpulse/protocol';
import { newMessageId } from '@stormpulse/protocol/node';
import type { Database, Row, SqlValue } from '@stormpulse/sqlite';

type Result = Payloads['command.result'];

/** A result as the database keeps it. */
export interface KeptResult {
  readonly no: number;
  readonly result: Result;
  /** Unix milliseconds. */
  readonly at: number;
  readonly sends: number;
}

/** What changes together. */
export interface ResultChange {
  readonly results: readonly (Pick<KeptResult, 'result' | 'at' | 'sends'> & { readonly claim: ClaimStep | undefined })[];
  /** Steps whose result is not kept. */
  readonly claims: readonly ClaimStep[];
  readonly sends: readonly Pick<KeptResult, 'no' | 'sends'>[];
  readonly gone: readonly number[];
}

/**
 * What was accepted and the results that the hub does not have yet, in tables of ours beside v1's: a claim and what it lets
 * begin are one insert, a result and the end of its acceptance one transaction (SEC-069). Nothing here begins one.
 */
export interface ResultJournal {
  /** Claims the nonce too; false when it is known. */
  accept(nonce: string, seenAt: number, acceptance: Acceptance): boolean;
  /**
   * Of what an earlier run accepted and gave no result for nothing runs any more: each gets one that says so, unless another
   * store answers it.
   */
  interrupt(nowMs: number, isAnsweredElsewhere: (requestId: string) => boolean): void;
  /** Oldest first. */
  load(): KeptResult[];
  /** Gives each result its number. */
  save(change: ResultChange): number[];
  /** The same for what one insert can do, which is a transaction by itself; undefined, and nothing done, for more. */
  saveAlone(change: ResultChange): number[] | undefined;
  /** What the results take of the file. */
  bytes(): number;
}

/** The triggers make one insert of two or three changes, which is a transaction by itself; v1 neither sees the tables nor fires them. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS agent_acceptances
  (nonce TEXT PRIMARY KEY, seen_at REAL NOT NULL, ended_steps INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS agent_acceptances_claim BEFORE INSERT ON agent_acceptances BEGIN
  SELECT RAISE(IGNORE) FROM seen_nonces WHERE nonce = NEW.nonce;
  INSERT INTO seen_nonces (nonce, seen_at) VALUES (NEW.nonce, NEW.seen_at);
END;
CREATE TABLE IF NOT EXISTS agent_results
  (no INTEGER PRIMARY KEY, at REAL NOT NULL, sends INTEGER NOT NULL, body BLOB NOT NULL);
CREATE VIEW IF NOT EXISTS agent_answers (no, at, sends, body, nonce, gone) AS
  SELECT no, at, sends, body, NULL, NULL FROM agent_results;
CREATE TRIGGER IF NOT EXISTS agent_answers_kept INSTEAD OF INSERT ON agent_answers BEGIN
  DELETE FROM agent_acceptances WHERE nonce = NEW.nonce;
  DELETE FROM agent_results WHERE no = NEW.gone;
  INSERT INTO agent_results (no, at, sends, body) VALUES (NEW.no, NEW.at, NEW.sends, NEW.body);
END;`;

const INTERRUPTED =
  'the agent ended before it could tell how this command did; it may not have begun, or be done in part: look at the host before you send it again';
const PAGE_BYTES = 4_096;

/** Makes the tables where they are missing; v1's own must be there. Throws what the database says. */
export function openResultJournal(database: Database, logger: Logger): ResultJournal {
  database.exec(SCHEMA);
  // A nonce that was purged while its command still runs may come again (SEC-061).
  const accept = database.prepare(
    'INSERT OR REPLACE INTO agent_acceptances (nonce, seen_at, ended_steps, body) VALUES (?, ?, 0, ?)',
  );
  const endStep = database.prepare('UPDATE agent_acceptances SET ended_steps = ended_steps + 1 WHERE nonce = ?');
  const end = database.prepare('DELETE FROM agent_acceptances WHERE nonce = ?');
  const accepted = database.prepare('SELECT nonce, ended_steps, body FROM agent_acceptances ORDER BY seen_at');
  const insert = database.prepare('INSERT INTO agent_results (no, at, sends, body) VALUES (?, ?, ?, ?)');
  const insertAlone = database.prepare('INSERT INTO agent_answers (no, at, sends, body, nonce, gone) VALUES (?, ?, ?, ?, ?, ?)');
  const results = database.prepare('SELECT no, at, sends, body FROM agent_results ORDER BY no');
  const setSends = database.prepare('UPDATE agent_results SET sends = ? WHERE no = ?');
  const remove = database.prepare('DELETE FROM agent_results WHERE no = ?');
  // A blob's length is told without reading it.
  const size = database.prepare(`SELECT sum((length(body) / ${PAGE_BYTES} + 1) * ${PAGE_BYTES}) AS n FROM agent_results`);
  let lastNo = Number(database.prepare('SELECT max(no) AS no FROM agent_results').get()?.['no'] ?? 0);

  const add = ({ result, at, sends }: Pick<KeptResult, 'result' | 'at' | 'sends'>): number => {
    lastNo += 1;
    insert.run(lastNo, at, sends, Buffer.from(JSON.stringify(result)));
    return lastNo;
  };
  const step = ({ nonce, ended }: ClaimStep): void => void (ended ? end : endStep).run(nonce);
  const unreadable = (row: Row, error?: unknown): void =>
    logger.error(
      { err: error, path: database.path, no: row['no'] ?? null },
      'a kept result or acceptance cannot be read; it is left out',
    );

  return {
    accept: (nonce, seenAt, acceptance) => accept.run(nonce, seenAt, JSON.stringify(acceptance)).changes > 0,
    interrupt(nowMs, isAnsweredElsewhere) {
      for (const row of accepted.all()) {
        try {
          const acceptance = JSON.parse(String(row['body'])) as Acceptance;
          const result = interrupted(acceptance, Number(row['ended_steps']));
          if (!isResult(result)) unreadable(row);
          else if (acceptance.sequenceId !== null || !isAnsweredElsewhere(acceptance.requestId))
            add({ result, at: nowMs, sends: 0 });
        } catch (error) {
          if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
          unreadable(row, error);
        }
        end.run(String(row['nonce']));
      }
    },
    load: () =>
      results.all().flatMap((row) => {
        const result = parsed(row['body']);
        if (isResult(result)) return [{ no: Number(row['no']), at: Number(row['at']), sends: Number(row['sends']), result }];
        unreadable(row);
        return [];
      }),
    save(change) {
      change.claims.forEach(step);
      change.sends.forEach(({ no, sends }) => setSends.run(sends, no));
      change.gone.forEach((no) => remove.run(no));
      return change.results.map((entry) => {
        if (entry.claim !== undefined) step(entry.claim);
        return add(entry);
      });
    },
    saveAlone({ results: [entry, ...more], claims, sends, gone }) {
      if (entry === undefined || more.length + claims.length + sends.length > 0 || gone.length > 1) return undefined;
      if (entry.claim?.ended === false) return undefined;
      lastNo += 1;
      insertAlone.run(
        lastNo,
        entry.at,
        entry.sends,
        Buffer.from(JSON.stringify(entry.result)),
        entry.claim?.nonce ?? null,
        gone[0] ?? null,
      );
      return [lastNo];
    },
    bytes: () => Number(size.get()?.['n'] ?? 0),
  };
}

/** For the step that ran, or was to run next; those after it never began, and nothing is told of them. */
function interrupted({ requestId, sequenceId, steps }: Acceptance, endedSteps: number): Partial<Result> {
  return {
    request_id: sequenceId === null ? requestId : newMessageId(),
    ...steps[endedSteps],
    success: false,
    exit_code: -1,
    stdout: '',
    stderr: INTERRUPTED,
    duration_ms: 0,
    sequence_id: sequenceId,
    failure_reason: 'interrupted',
  };
}

function parsed(body: SqlValue | undefined): unknown {
  try {
    return body instanceof Uint8Array ? JSON.parse(Buffer.from(body).toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}

function isResult(value: unknown): value is Result {
  return Check(PAYLOAD_SCHEMAS['command.result'], value);
}
