import { destination, pino } from 'pino';
import { parseListen } from '../config/options.ts';
import { HubError } from '../errors.ts';
import { createHub } from '../hub.ts';
import type { Terminal } from './terminal.ts';

/** Options of `stormpulse-hub run`, as commander gives them. */
export interface RunOptions {
  readonly state: string;
  readonly agentsListen: string;
  readonly peopleListen: string;
  readonly name: readonly string[];
  readonly dashboard?: string;
  readonly minTls: string;
  readonly v1CertificateDays: string;
}

const CLOSE_DEADLINE_MS = 8_000;

/** Runs the hub until it is asked to stop. Throws HubError, SqliteError. */
export async function runHub(options: RunOptions, terminal: Terminal): Promise<void> {
  if (options.minTls !== '1.2' && options.minTls !== '1.3') {
    throw new HubError('E_CONFIG', 400, `--min-tls ${options.minTls} is unknown; expected 1.3 or 1.2`);
  }
  const log = pino(
    { level: process.env['STORMPULSE_LOG_LEVEL']?.toLowerCase() ?? 'info', base: null },
    destination({ fd: 2, sync: true }),
  );
  const stopped = terminal.untilStopped();
  const hub = await createHub({
    stateDir: options.state,
    agentsListen: parseListen(options.agentsListen, '--agents-listen'),
    peopleListen: parseListen(options.peopleListen, '--people-listen'),
    names: options.name,
    minTlsVersion: options.minTls === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    v1CertificateDays: Number(options.v1CertificateDays),
    log,
    ...(options.dashboard === undefined ? {} : { dashboardDir: options.dashboard }),
  });
  terminal.out(`agents    ${hub.agentsUrl}`);
  terminal.out(`people    ${await hub.setupLink()}   (one time, 15 minutes)`);
  terminal.out(`add host  stormpulse-hub token AGENT --state ${options.state}`);
  await stopped;
  await closeWithin(hub.close(), CLOSE_DEADLINE_MS);
}

async function closeWithin(closing: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new HubError('E_CLOSE', 503, `the hub did not close within ${deadlineMs / 1_000} s`)),
      deadlineMs,
    );
  });
  try {
    await Promise.race([closing, late]);
  } finally {
    clearTimeout(timer);
  }
}
