import type { X509Certificate } from 'node:crypto';
import type { Clock, EventLog } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { RenewalAnswer, RenewalRefused, RenewalUnproven } from './errors.ts';
import { lifeMs, renewalDueAt } from './schedule.ts';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Where the pair in use lives. Each step is on disk when it returns, and after each the pair in use works. */
export interface RenewalPairs {
  /** Read anew; a person may have enrolled again. */
  current(): Pair & { readonly leaf: X509Certificate };
  /** Keeps a pair beside the one in use. */
  stage(pair: Pair): void;
  /** Drops what was staged. */
  discard(): void;
  /** Puts the staged pair in use; the one before stays beside it. */
  promote(): void;
}

export interface RenewalOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: Pick<EventLog, 'record'>;
  readonly logger: Logger;
  readonly pairs: RenewalPairs;
  /** One exchange with the hub over mTLS with `pair`. */
  readonly request: (
    request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string; readonly pair: Pair },
    signal: AbortSignal,
  ) => Promise<{ readonly status: number; readonly text: string }>;
  readonly newKeyAndRequest: () => Promise<{ readonly keyPem: string; readonly csrPem: string }>;
  /** The chain of a hub's answer, PEM, when it may be used with this key; throws in words for a person. */
  readonly checkAnswer: (answer: unknown, keyPem: string) => string;
  /** Names a new certificate, PEM, in the host's own record: one that it rejects is not used (SEC-240). */
  readonly record: (certificate: string) => Promise<void>;
  readonly onChange: () => void;
}

/** What `stormpulse status` says; `at`, Unix milliseconds: when it is due, or looked at again. */
export interface RenewalStatus {
  readonly state: 'scheduled' | 'renewing' | 'failed' | 'unsupported';
  readonly at: number;
  readonly error?: string;
}

export interface Renewal {
  start(): void;
  stop(): void;
  readonly status: RenewalStatus;
}

const PATH = '/api/renew/';
const HOUR_MS = 3_600_000;
/** Timers do not count the time a host sleeps, and clocks are set: the wall clock is looked at this often. */
const LOOK_MS = 6 * HOUR_MS;
const UNSUPPORTED_MS = 24 * HOUR_MS;
const FIRST_RETRY_MS = 300_000;
/** No such address, or one that is not for this: as a v1 hub, or a bare WebSocket server, answers. */
const UNSUPPORTED: ReadonlySet<number> = new Set([404, 405, 426, 501]);
/** A hub, or a proxy before it, that does not take the certificate of a handshake. */
const UNPROVEN: ReadonlySet<number> = new Set([400, 401, 403, 495, 496]);

/** Renews this agent's certificate in time, and never touches the live connection: the next dial finds the new pair (SEC-028). */
export function createRenewal(options: RenewalOptions): Renewal {
  const { clock, random, events, logger, pairs, request, newKeyAndRequest, checkAnswer, record, onChange } = options;
  const stop = new AbortController();
  let cancel = (): void => undefined;
  let status: RenewalStatus = { state: 'scheduled', at: clock.now() };
  let failures = 0;
  let retryMs = FIRST_RETRY_MS;
  /** Monotonic; a clock that is set does not make a hub that refused be asked more often. */
  let notBefore = Number.NEGATIVE_INFINITY;

  function say(next: RenewalStatus): void {
    const isNew = next.state !== status.state || next.at !== status.at || next.error !== status.error;
    status = next;
    if (isNew) onChange();
  }

  function look(): void {
    const now = clock.now();
    const heldMs = Math.max(0, notBefore - clock.monotonic());
    let leftMs: number;
    try {
      const { leaf } = pairs.current();
      // Of a 30-day certificate four minutes; shorter lives are tried again sooner.
      retryMs = Math.min(FIRST_RETRY_MS, Math.max(1_000, lifeMs(leaf) / 10_000));
      leftMs = renewalDueAt(leaf) - now;
    } catch (error) {
      logger.warn({ err: error }, "this agent's certificate cannot be read; its renewal waits");
      say({ state: 'failed', at: now + LOOK_MS, error: messageOf(error) });
      return wait(LOOK_MS);
    }
    if (leftMs <= 0 && heldMs <= 0) return void renew();
    const waitMs = Math.max(leftMs, heldMs);
    if (leftMs > 0 || status.state === 'renewing') say({ state: 'scheduled', at: now + waitMs });
    wait(waitMs);
  }

  function wait(ms: number): void {
    if (!stop.signal.aborted) cancel = clock.after(Math.min(LOOK_MS, Math.max(1_000, ms)), look);
  }

  /** Never rejects. */
  async function renew(): Promise<void> {
    say({ state: 'renewing', at: clock.now() });
    try {
      const life = await attempt();
      failures = 0;
      // A hub whose certificates are due at once is not asked in a loop.
      hold(life === undefined ? UNSUPPORTED_MS : HOUR_MS);
      if (life === undefined) say({ state: 'unsupported', at: clock.now() + UNSUPPORTED_MS });
    } catch (error) {
      if (stop.signal.aborted) return;
      failed(error);
    }
    look();
  }

  function failed(error: unknown): void {
    const doubled = retryMs * 2 ** Math.min(failures, 20);
    failures += 1;
    const waitMs = Math.min(LOOK_MS, doubled * (0.75 + 0.5 * random()));
    hold(waitMs);
    logger.warn(
      { err: error, retryInMs: Math.trunc(waitMs) },
      "this agent's certificate was not renewed; the old one stays in use",
    );
    events.record({ source: 'tls', kind: 'cert_renew_failed', status: 'failed', error: messageOf(error) });
    say({ state: 'failed', at: clock.now() + waitMs, error: messageOf(error) });
  }

  function hold(ms: number): void {
    notBefore = clock.monotonic() + ms;
  }

  /** The end of the new certificate; undefined: this hub renews none. */
  async function attempt(): Promise<string | undefined> {
    const old = pairs.current();
    const { keyPem, csrPem } = await newKeyAndRequest();
    const body = JSON.stringify({ csr_pem: csrPem });
    const { status: code, text } = await request({ method: 'POST', path: PATH, body, pair: old }, stop.signal);
    if (UNSUPPORTED.has(code)) {
      logger.warn({}, 'this hub does not renew certificates; enroll again before this one ends');
      return undefined;
    }
    if (code !== 200) throw RenewalRefused({ status: code, said: errorText(text) });
    const next = { cert: checkAnswer(parsed(text), keyPem), key: keyPem };
    pairs.stage(next);
    try {
      const proof = await request({ method: 'GET', path: PATH, pair: next }, stop.signal);
      if (UNPROVEN.has(proof.status)) throw RenewalUnproven({ status: proof.status });
      await record(next.cert);
    } catch (error) {
      pairs.discard();
      throw error;
    }
    pairs.promote();
    const until = new Date(pairs.current().leaf.validTo).toISOString();
    logger.info({ until }, "this agent's certificate was renewed");
    events.record({ source: 'tls', kind: 'cert_renew_succeeded', status: 'success', not_after: until });
    return until;
  }

  return {
    start: look,
    stop() {
      stop.abort(new Error('the agent is stopping'));
      cancel();
    },
    get status() {
      return status;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw RenewalAnswer({ problem: 'the answer is no JSON' }, { cause });
  }
}

/** The hub's own words, fit for a line. */
function errorText(text: string): string {
  let said: unknown;
  try {
    said = (JSON.parse(text) as { readonly error?: unknown } | null)?.error;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return typeof said === 'string' ? said.slice(0, 300).replaceAll(/\p{C}+/gu, ' ') : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
