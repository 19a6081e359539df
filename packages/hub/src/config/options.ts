import { isIP } from 'node:net';
import { HubError } from '../errors.ts';

/** An address to listen on; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Wall clock, Unix milliseconds. */
export interface Clock {
  now(): number;
}

/** Where the hub's log lines go: one object a line, never with secrets. */
export interface HubLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Times of the gateway, in milliseconds. */
export interface GatewayTimes {
  /** From the upgrade to `register` (hub page 5.1, step 6). */
  readonly registerTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** Added to a command's own timeout before its outcome is called unknown (hub page 7.1). */
  readonly resultGraceMs: number;
}

/** How long agents' certificates live. */
export interface CertificateDays {
  /** Of an agent that renews (SEC-028). */
  readonly renewing: number;
  /** Of one that cannot, such as v1's (design, D1); 1 to 365. */
  readonly v1: number;
}

/** What `createHub` takes. Only the state folder has no default. */
export interface HubOptions {
  /** Holds keys, certificates and the database; created with mode 0700. */
  readonly stateDir: string;
  readonly agentsListen?: ListenAddress;
  /** Loopback only: people reach it as localhost. */
  readonly peopleListen?: ListenAddress;
  /** More names for the server certificate; the first is the one agents are told. */
  readonly names?: readonly string[];
  /** Folder with the dashboard's index.html. */
  readonly dashboardDir?: string;
  readonly minTlsVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly times?: Partial<GatewayTimes>;
  /** Days a certificate of an agent that cannot renew lives, 1 to 365; 365 unless told. */
  readonly v1CertificateDays?: number;
  /** Days a certificate of an agent that renews lives, which may be a part of one; 30 unless told. */
  readonly renewingCertificateDays?: number;
  readonly clock?: Clock;
  readonly log?: HubLog;
}

/** `HubOptions` with every default filled in. */
export interface HubSettings {
  readonly stateDir: string;
  readonly agentsListen: ListenAddress;
  readonly peopleListen: ListenAddress;
  readonly names: readonly string[];
  readonly dashboardDir: string | undefined;
  readonly minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly times: GatewayTimes;
  readonly days: CertificateDays;
}

const RENEWING_DAYS = 30;
const V1_DAYS = 365;
const DEFAULT_TIMES: GatewayTimes = { registerTimeoutMs: 15_000, pingIntervalMs: 20_000, resultGraceMs: 30_000 };
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** Fills the defaults in. Throws HubError E_CONFIG for a people's address that is not loopback and for a wrong number of days. */
export function settingsOf(options: HubOptions): HubSettings {
  const peopleListen = options.peopleListen ?? { host: '127.0.0.1', port: 8080 };
  if (!LOOPBACK.has(peopleListen.host)) {
    throw new HubError(
      'E_CONFIG',
      400,
      `the people's listener is plain HTTP and can only be on loopback, not on ${peopleListen.host}; use 127.0.0.1 and a tunnel`,
    );
  }
  const v1Days = options.v1CertificateDays ?? V1_DAYS;
  // The agents' intermediate has at least 400 days left.
  if (!Number.isInteger(v1Days) || v1Days < 1 || v1Days > V1_DAYS) {
    throw new HubError('E_CONFIG', 400, `--v1-certificate-days is ${v1Days}; expected a whole number from 1 to ${V1_DAYS}`);
  }
  return {
    stateDir: options.stateDir,
    agentsListen: options.agentsListen ?? { host: '127.0.0.1', port: 8443 },
    peopleListen,
    names: options.names ?? [],
    dashboardDir: options.dashboardDir,
    minTlsVersion: options.minTlsVersion ?? 'TLSv1.3',
    times: { ...DEFAULT_TIMES, ...options.times },
    days: { renewing: options.renewingCertificateDays ?? RENEWING_DAYS, v1: v1Days },
  };
}

/** Reads `HOST:PORT` or `[IPV6]:PORT`. Throws HubError E_CONFIG that names the option. */
export function parseListen(text: string, option: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  const sound = host !== undefined && port <= 65_535 && (match?.[1] === undefined || isIP(host) === 6);
  if (!sound)
    throw new HubError('E_CONFIG', 400, `${option} ${text} is no address; expected HOST:PORT, for example 127.0.0.1:8443`);
  return { host, port };
}

/** Writes an address for a URL. */
export function hostPort({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
