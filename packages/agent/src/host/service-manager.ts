import { execFile } from 'node:child_process';
import { monotonicMs } from '@stormpulse/services';

/** Debian's, and every distribution's with systemd: Node cannot speak the datagram protocol itself (D12). */
const NOTIFY_PROGRAM = '/usr/bin/systemd-notify';
const NOTIFY_TIMEOUT_MS = 10_000;
/** Reconnecting must not start a process each time its state changes, nor each result make the line anew. */
const STATUS_EVERY_MS = 3_000;

/** Sends assignments such as `READY=1`; the socket is where. Rejects when that failed. */
type Notify = (socket: string, assignments: readonly string[]) => Promise<void>;

export interface ServiceManager {
  /** The start is over: everything was checked and the agent works. Begins to feed the watchdog. */
  ready(status: string): void;
  /** One line for `systemctl status`; read and told at once, or with what is told next within 3 s. */
  status(read: () => string): void;
  /** The end has begun. Nothing is told after it. */
  stopping(): void;
}

/**
 * What supervises this process, if something does (sd_notify(3)). The watchdog is fed from the event loop, so that a blocked
 * loop starves it. Takes the variables out of `env`: a child that had them could speak for the agent. Outside systemd nothing
 * is ever run. A failure is told once to `failed`.
 */
export function takeServiceManager(
  env: Record<string, string | undefined>,
  failed: (error: unknown) => void,
  notify: Notify = runNotify,
): ServiceManager {
  const socket = env['NOTIFY_SOCKET'];
  const feedEveryMs = watchdogMs(env);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined || socket === '') return { ready() {}, status() {}, stopping() {} };

  let read = (): string => '';
  let told = '';
  let readAt = Number.NEGATIVE_INFINITY;
  let isReady = false;
  let hasFailed = false;
  let later: NodeJS.Timeout | undefined;
  let feeding: NodeJS.Timeout | undefined;
  let last = Promise.resolve();

  const tell = (assignment: string | undefined): void => {
    clearTimeout(later);
    later = undefined;
    const text = oneLine(read());
    const news = text === told ? [] : [`STATUS=${text}`];
    told = text;
    readAt = monotonicMs();
    const assignments = [...(assignment === undefined ? [] : [assignment]), ...news];
    if (assignments.length === 0) return;
    // One after the other: two processes at once would arrive in any order.
    last = last
      .then(() => notify(socket, assignments))
      .catch((error: unknown) => {
        if (!hasFailed) failed(error);
        hasFailed = true;
      });
  };

  return {
    ready(status) {
      read = () => status;
      isReady = true;
      tell('READY=1');
      if (feedEveryMs !== undefined) feeding = setInterval(() => tell('WATCHDOG=1'), feedEveryMs).unref();
    },
    status(next) {
      read = next;
      if (!isReady) return;
      later ??= setTimeout(() => tell(undefined), Math.max(0, readAt + STATUS_EVERY_MS - monotonicMs())).unref();
    },
    stopping() {
      clearInterval(feeding);
      tell('STOPPING=1');
      isReady = false;
    },
  };
}

/** Half of what the manager waits; undefined when it does not watch, or watches another process. */
function watchdogMs(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = env;
  if (microseconds === undefined || !/^[1-9]\d{0,14}$/u.test(microseconds)) return undefined;
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  return Math.max(1, Math.trunc(Number(microseconds) / 2_000));
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ').slice(0, 200);
}

function runNotify(socket: string, assignments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { env: { NOTIFY_SOCKET: socket }, timeout: NOTIFY_TIMEOUT_MS };
    execFile(NOTIFY_PROGRAM, [...assignments], options, (error) => (error === null ? resolve() : reject(error)));
  });
}
