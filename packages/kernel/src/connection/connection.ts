import { isAgentError } from '@stormpulse/plugin-api';
import type { Logger } from '@stormpulse/plugin-api';
import { createBackoff, refusedWaitMs, watchLiveness } from '@stormpulse/plugin-api/internal';
import { ConnClosed } from '../errors.ts';
import type { Clock, EventLog, Link, Transport } from '../ports.ts';

export interface ConnectionStatus {
  readonly state: 'connecting' | 'live' | 'waiting' | 'closed';
  /** Unix milliseconds of the last change of `state`. */
  readonly since: number;
  /** Attempts since the last connection that lasted. */
  readonly attempt: number;
  readonly nextAttemptInMs?: number;
  readonly lastError?: { readonly code: string; readonly message: string };
}

/** What happens on one connection, from upgrade to close. */
export interface Session {
  /** Called at once; sends `register` and starts what runs on a live connection. */
  open(link: Link): void;
  frame(frame: string | Uint8Array): void;
  /** Exactly once. */
  close(): void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly transport: Transport;
  readonly events: EventLog;
  readonly logger: Logger;
  readonly minMs: number;
  readonly maxMs: number;
  readonly session: () => Session;
  readonly onStatus: (status: ConnectionStatus) => void;
}

/** Close code of a hub that refuses this agent (SEC-006). */
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;
const NORMAL = 1000;
const CLOSE_WITHIN_MS = 2_000;

interface Ending {
  readonly code: string;
  readonly message: string;
  readonly refused: boolean;
  readonly event: { readonly reason: string; readonly category: 'connection' | 'error' };
}

/** Keeps one connection to the hub: dial, live, wait, again, until it is closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #stop = new AbortController();
  #end: ((code: number, reason: string) => void) | undefined;
  #attempt = 0;
  #isRenewing = false;
  /** Told until the next connection lives. */
  #lastError: Pick<ConnectionStatus, 'lastError'> = {};
  #running: Promise<void> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the current connection only; the long wait of a refusal and the next attempt follow. */
  drop(reason: string): void {
    this.#end?.(POLICY_VIOLATION, reason);
  }

  /** Ends the current connection, and dials again at once. */
  renew(reason: string): void {
    this.#isRenewing = this.#end !== undefined;
    this.#end?.(NORMAL, reason);
  }

  /** Close frame 1000, a bounded wait for the hub's, then the socket goes. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the agent is stopping'));
    this.#end?.(NORMAL, '');
    await this.#running;
    this.#say({ state: 'closed' });
  }

  async #run(): Promise<void> {
    const { clock, random, minMs, maxMs } = this.#options;
    const backoff = createBackoff({ minMs, maxMs, random });
    while (!this.#stop.signal.aborted) {
      this.#attempt += 1;
      this.#say({ state: 'connecting', ...this.#lastError });
      const dialled = clock.monotonic();
      let upgraded: number | undefined;
      const ending = await this.#once(() => {
        upgraded = clock.monotonic();
      });
      if (this.#stop.signal.aborted) break;
      if (upgraded !== undefined) {
        backoff.lasted(clock.monotonic() - upgraded);
        if (clock.monotonic() - upgraded >= maxMs) this.#attempt = 0;
      }
      const waitMs = this.#isRenewing ? 0 : ending.refused ? refusedWaitMs(random) : backoff.next();
      this.#isRenewing = false;
      this.#report(ending, waitMs, clock.monotonic() - dialled);
      await this.#wait(waitMs);
    }
  }

  /** One connection, from dial to close. Never rejects. */
  async #once(opened: () => void): Promise<Ending> {
    const { clock, transport, logger } = this.#options;
    const session = this.#options.session();
    let ended: (ending: Ending) => void = () => undefined;
    const closed = new Promise<Ending>((resolve) => {
      ended = resolve;
    });
    let liveness: ReturnType<typeof watchLiveness> | undefined;
    let link: Link | undefined;
    /** Why this side ended it: the hub's own code decides nothing then, and what it still sends is not looked at. */
    let own: Ending | undefined;
    let cancelTerminate = (): void => undefined;
    const end = (code: number, reason: string): void => {
      if (own !== undefined || link === undefined) return;
      own = endingOfClose(code, reason);
      const open = link;
      cancelTerminate = clock.after(CLOSE_WITHIN_MS, () => open.terminate());
      open.close(code, reason);
    };
    try {
      link = await transport.open(
        {
          onFrame: (frame) => {
            if (own !== undefined) return;
            liveness?.alive();
            session.frame(frame);
          },
          onPong: () => liveness?.alive(),
          onClose: (code, reason) => ended(own ?? endingOfClose(code, reason)),
        },
        this.#stop.signal,
      );
      opened();
      const dead = link;
      liveness = watchLiveness(clock, link, () => {
        logger.warn('the hub stopped answering pings');
        end(INTERNAL_ERROR, 'no pong');
        dead.terminate();
      });
      this.#end = end;
      session.open(link);
      this.#say({ state: 'live' });
      if (this.#stop.signal.aborted) end(NORMAL, '');
      return await closed;
    } catch (error) {
      link?.terminate();
      return endingOfError(error);
    } finally {
      cancelTerminate();
      liveness?.stop();
      this.#end = undefined;
      session.close();
    }
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        cancel();
        resolve();
      };
      const cancel = this.#options.clock.after(ms, done);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }

  #report(ending: Ending, waitMs: number, lastedMs: number): void {
    const { events, logger } = this.#options;
    const { code, message } = ending;
    const fields = { code, lastedMs: Math.trunc(lastedMs), retryInMs: Math.trunc(waitMs) };
    if (ending.event.category === 'error') logger.error(fields, message);
    else logger.warn(fields, message);
    events.record({ source: 'ws', kind: 'reconnect', error: message, ...ending.event });
    this.#lastError = { lastError: { code, message } };
    this.#say({ state: 'waiting', nextAttemptInMs: Math.trunc(waitMs), ...this.#lastError });
  }

  #say(change: Omit<ConnectionStatus, 'since' | 'attempt'>): void {
    this.#options.onStatus({ since: this.#options.clock.now(), attempt: this.#attempt, ...change });
  }
}

function endingOfClose(code: number, reason: string): Ending {
  const error = ConnClosed({ code, reason });
  return {
    code: error.code,
    message: error.message,
    refused: code === POLICY_VIOLATION,
    event: { reason: 'Connection closed', category: 'connection' },
  };
}

/** v1's words for the three ways a connection fails (wire page, 6.4). */
function endingOfError(error: unknown): Ending {
  const code = isAgentError(error) ? error.code : 'E_BUG_INVARIANT';
  const message = error instanceof Error ? error.message : String(error);
  const refused =
    code === 'E_CONN_TLS' ||
    (code === 'E_CONN_UPGRADE' && isAgentError(error) && [401, 403].includes(Number(error.details['status'])));
  const network = code === 'E_CONN_TLS' || code === 'E_CONN_REFUSED' || code === 'E_CONN_TIMEOUT';
  return {
    code,
    message,
    refused,
    event: network ? { reason: 'Connection error', category: 'connection' } : { reason: 'Unexpected error', category: 'error' },
  };
}
