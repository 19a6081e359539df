import type { Logger } from '@stormpulse/plugin-api';
import { SqliteError } from '@stormpulse/sqlite';
import type { Database, SqlValue, Statement } from '@stormpulse/sqlite';
import type { Acceptance, ClaimRefusal, Clock, NonceStore } from '@stormpulse/kernel';
import { openResultJournal } from './result-journal.ts';
import type { KeptResult, ResultChange } from './result-journal.ts';
import type { StoreMark } from './store-mark.ts';

/** SEC-065: a full store refuses; a live nonce is never evicted. */
export const MAX_LIVE_NONCES = 100_000;
export const MAX_BYTES = 64 * 1024 * 1024;
/** SEC-061: 5 s of skew and a minute of margin beyond the last moment at which the command is fresh. */
const MARGIN_SECONDS = 65;
/** SEC-063, SEC-064: how far ahead the floor lies, and how far back the clock may step. */
export const FLOOR_SECONDS = 5;
export const ROLLBACK_SECONDS = 5;
const PURGE_EVERY_SECONDS = 10;
/** A nonce is at most 512 bytes and stands in a table and an index. */
const INSERTS_PER_MEBIBYTE = 900;
/** How much of the highest time seen a crash may lose; written with a claim, it would cost each a page. */
const CLOCK_EVERY_SECONDS = 1;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS seen_nonces (nonce TEXT PRIMARY KEY, seen_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS idx_seen_nonces_seen_at ON seen_nonces (seen_at);
CREATE TABLE IF NOT EXISTS agent_clock (key TEXT PRIMARY KEY, seconds REAL NOT NULL);`;

export interface NonceStoreOptions {
  /** Open, WAL, `synchronous=FULL`; owned by the store from here on. */
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly maxAgeSeconds: number;
  /** A request that was accepted and that another store answers after a restart: a job that goes on. */
  readonly isAnsweredElsewhere?: (requestId: string) => boolean;
  readonly logger: Logger;
  /** Owned by the store too. Without one a database that was put back, or written by another agent, is not told from our own. */
  readonly mark?: StoreMark;
}

/** The nonce database as the agent uses it: claims, and the results that belong to them. */
export interface NonceDatabase extends NonceStore {
  readonly results: {
    /** What earlier runs left, oldest first; undefined while the database cannot be opened. */
    load(): readonly KeptResult[] | undefined;
    /** One transaction, on disk when it returns; the numbers of its results. Throws SqliteError. */
    save(change: ResultChange): readonly number[];
  };
}

interface Claim {
  readonly nonce: string;
  readonly tsSeconds: number;
  /** When it was found fresh: the commit goes by this, or a clock that has stepped ahead meanwhile would be the highest time seen. */
  readonly checkedSeconds: number;
  readonly acceptance: Acceptance;
  readonly settle: (refusal: ClaimRefusal | undefined) => void;
}

/**
 * v1's table, so that a host can go to the other agent and back: `seen_at` is written such that v1's own rule (forget
 * once older than max age) keeps the nonce until `ts + max_age + 65 s` (SEC-061). Claims that arrive together share
 * one transaction and so one fsync; none is answered before it is on disk. The mark is written around each commit, without an
 * fsync of its own.
 */
export function createNonceStore(options: NonceStoreOptions): NonceDatabase {
  const { database, clock, maxAgeSeconds, logger, mark } = options;
  database.exec(SCHEMA);
  const journal = openResultJournal(database, logger);
  const table = statements(database);
  let newest = newestIn(table);
  const isOurs = mark?.fits(newest) ?? true;
  const state = database.transaction(() => {
    journal.interrupt(clock.now(), options.isAnsweredElsewhere ?? (() => false));
    return loadClock(table, { clock, maxAgeSeconds, logger, isOurs });
  });
  mark?.set(newest, true);
  let live = Number(table.count.get()?.['n'] ?? 0);
  let purgeAfter = 0;
  let insertsUntilAsked = 0;
  let broken = false;
  let pending: Claim[] = [];

  const refusalFor = (tsSeconds: number, nowSeconds: number): ClaimRefusal | undefined => {
    if (broken) return 'nonce_store_fault';
    if (nowSeconds < state.highest - ROLLBACK_SECONDS) return 'clock_rollback';
    if (tsSeconds <= state.floor) return 'before_floor';
    return undefined;
  };

  const isPurgeDue = (nowSeconds: number): boolean => nowSeconds >= purgeAfter;

  const purge = (nowSeconds: number): void => {
    if (!isPurgeDue(nowSeconds)) return;
    purgeAfter = nowSeconds + PURGE_EVERY_SECONDS;
    const { changes } = table.purge.run(nowSeconds - maxAgeSeconds);
    live -= changes;
    if (changes > 0) newest = newestIn(table);
  };

  const insert = (claim: Claim): ClaimRefusal | undefined => {
    if (live >= MAX_LIVE_NONCES || !isRoomy()) return 'nonce_store_full';
    if (!journal.accept(claim.nonce, claim.tsSeconds + MARGIN_SECONDS, claim.acceptance)) return 'replayed_nonce';
    live += 1;
    newest = claim.nonce;
    return undefined;
  };

  /** Asking costs as much as an insert, so it is asked again only once a mebibyte more could have come in. */
  const isRoomy = (): boolean => {
    if (insertsUntilAsked <= 0) {
      const left = MAX_BYTES - table.bytes() + journal.bytes();
      if (left < 0) return false;
      insertsUntilAsked = INSERTS_PER_MEBIBYTE;
    }
    insertsUntilAsked -= 1;
    return true;
  };

  /** The mark of a commit may wait until its commands have started: until then either of the two fits. */
  let isMarkDue = false;
  const setMark = (): void => {
    if (isMarkDue) mark?.set(newest);
    isMarkDue = false;
  };
  const beginMark = (before: string | undefined, after: string | undefined): void => {
    if (before === after) return;
    mark?.begin(before, after);
    isMarkDue = true;
  };

  const claimAll = (claims: readonly Claim[], nowSeconds: number): (ClaimRefusal | undefined)[] =>
    database.transaction(() => {
      const before = newest;
      purge(nowSeconds);
      const refusals = claims.map((claim) => refusalFor(claim.tsSeconds, claim.checkedSeconds) ?? insert(claim));
      state.advance(Math.max(nowSeconds, ...claims.filter((_, i) => refusals[i] === undefined).map((c) => c.tsSeconds)));
      beginMark(before, newest);
      return refusals;
    });

  /** One insert is a transaction by itself, and costs half as much. */
  const claimOne = (claim: Claim, nowSeconds: number): ClaimRefusal | undefined => {
    const refused = refusalFor(claim.tsSeconds, nowSeconds);
    if (refused !== undefined) return refused;
    beginMark(newest, claim.nonce);
    const refusal = insert(claim);
    state.advance(refusal === undefined ? Math.max(nowSeconds, claim.tsSeconds) : nowSeconds);
    // A replay committed nothing, and the nonce it showed is no newest one.
    if (refusal !== undefined) setMark();
    return refusal;
  };

  const flush = (): void => {
    const claims = pending;
    const [first] = claims;
    if (first === undefined) return;
    pending = [];
    const nowSeconds = Math.max(...claims.map((claim) => claim.checkedSeconds));
    const before = { live, newest };
    let answers: (ClaimRefusal | undefined)[];
    try {
      const isAlone = claims.length === 1 && !isPurgeDue(nowSeconds) && !state.isDue(Math.max(nowSeconds, first.tsSeconds));
      answers = isAlone ? [claimOne(first, nowSeconds)] : claimAll(claims, nowSeconds);
      if (isMarkDue) setImmediate(setMark);
    } catch (error) {
      // SEC-066, SEC-183: what a failed commit or fsync left behind is unknown. Full, busy and read-only mend themselves; the rest stops commands until a restart.
      ({ live, newest } = before);
      isMarkDue = false;
      purgeAfter = 0;
      broken ||= !isTransient(error);
      logger.error({ err: error, path: database.path }, 'nonce store failed; the commands were refused');
      answers = claims.map(() => 'nonce_store_fault');
    }
    claims.forEach((claim, index) => claim.settle(answers[index]));
  };

  return {
    claim(nonce, tsMicros, checkedMs, acceptance) {
      const [tsSeconds, checkedSeconds] = [Number(tsMicros) / 1e6, checkedMs / 1_000];
      const refusal = refusalFor(tsSeconds, checkedSeconds);
      if (refusal !== undefined) return Promise.resolve(refusal);
      return new Promise((settle) => {
        pending.push({ nonce, tsSeconds, checkedSeconds, acceptance, settle });
        if (pending.length === 1) setImmediate(flush);
      });
    },
    results: {
      load: () => journal.load(),
      save(change) {
        if (broken)
          throw new SqliteError('io', database.path, 'an earlier write failed, and what it left is unknown; restart the agent');
        try {
          return journal.saveAlone(change) ?? database.transaction(() => journal.save(change));
        } catch (error) {
          broken ||= !isTransient(error);
          throw error;
        }
      },
    },
    close() {
      flush();
      setMark();
      mark?.close();
      database.close();
    },
  };
}

interface Table {
  readonly newest: Statement;
  readonly purge: Statement;
  readonly count: Statement;
  readonly readClock: Statement;
  readonly writeClock: Statement;
  readonly bytes: () => number;
}

function statements(database: Database): Table {
  // Pages that a purge left empty are no use of space: the file keeps them for what comes.
  const pages = database.prepare(
    'SELECT (page_count - freelist_count) * page_size AS n FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
  );
  return {
    newest: database.prepare('SELECT nonce FROM seen_nonces ORDER BY rowid DESC LIMIT 1'),
    purge: database.prepare('DELETE FROM seen_nonces WHERE seen_at < ?'),
    count: database.prepare('SELECT count(*) AS n FROM seen_nonces'),
    readClock: database.prepare('SELECT seconds FROM agent_clock WHERE key = ?'),
    writeClock: database.prepare(
      'INSERT INTO agent_clock (key, seconds) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET seconds = excluded.seconds',
    ),
    bytes: () => Number(pages.get()?.['n'] ?? 0),
  };
}

function newestIn(table: Table): string | undefined {
  const nonce = table.newest.get()?.['nonce'];
  return typeof nonce === 'string' ? nonce : undefined;
}

/**
 * SEC-063: a store we have not seen before, one that is not as we left it, or a raised age, sets the floor; SEC-064: the
 * highest time seen is kept.
 */
function loadClock(
  table: Table,
  options: Pick<NonceStoreOptions, 'clock' | 'maxAgeSeconds' | 'logger'> & { readonly isOurs: boolean },
): {
  readonly floor: number;
  readonly highest: number;
  /** Whether `advance` would write. */
  isDue(seconds: number): boolean;
  advance(seconds: number): void;
} {
  const { clock, maxAgeSeconds, logger, isOurs } = options;
  const read = (key: string): number | undefined => asNumber(table.readClock.get(key)?.['seconds']);
  const nowSeconds = clock.now() / 1_000;
  const known = read('floor');
  const raised = maxAgeSeconds > (read('max_age') ?? maxAgeSeconds);
  const why =
    known === undefined
      ? 'new nonce store'
      : raised
        ? 'raised command age'
        : isOurs
          ? undefined
          : 'the nonce store is not as this agent left it: put back, or used by another agent';
  const floor = why === undefined ? (known ?? 0) : Math.max(known ?? 0, nowSeconds + FLOOR_SECONDS);
  if (why !== undefined) {
    table.writeClock.run('floor', floor);
    logger.info({ floor: new Date(floor * 1_000).toISOString(), why }, 'commands dated before the floor are refused');
  }
  table.writeClock.run('max_age', maxAgeSeconds);
  let highest = read('highest') ?? 0;
  let written = highest;
  const isDue = (seconds: number): boolean => seconds >= written + CLOCK_EVERY_SECONDS;
  return {
    floor,
    get highest() {
      return highest;
    },
    isDue,
    advance(seconds) {
      if (seconds > highest) highest = seconds;
      if (!isDue(seconds)) return;
      table.writeClock.run('highest', seconds);
      written = seconds;
    },
  };
}

function asNumber(value: SqlValue | undefined): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function isTransient(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'full' || code === 'busy' || code === 'readonly';
}
