import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNonceStore } from '@stormpulse/services';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const HOUR_MS = 3_600_000;

/** What the `stormpulse.toml` of a host under test says; paths are absolute, times seconds. */
export interface HostFile {
  readonly agentId: string;
  readonly pulseToken: string;
  /** `HOST:PORT` of its hub. */
  readonly hub: string;
  /** The folder of `ca.pem`, `agent.pem`, `agent-key.pem` and `hmac.key`. */
  readonly credentials: string;
  readonly database: string;
  readonly reconnect?: readonly [min: number, max: number];
  readonly heartbeat?: number;
  readonly push?: number;
  /** Further lines of `[tls]`. */
  readonly tls?: string;
  /** Further tables: commands, and whatever a test asks for. */
  readonly tables?: string;
}

/** Every required key, in the order of v1's own file, and what a test adds. */
export function hostToml(file: HostFile): string {
  const { reconnect = [0.1, 1], heartbeat = 1, push = 1, tls = '', tables = '' } = file;
  const credential = (name: string): string => JSON.stringify(join(file.credentials, name));
  return `
[agent]
id = "${file.agentId}"
pulse_token = "${file.pulseToken}"

[dashboard]
url = "wss://${file.hub}/ws/pulse/"
reconnect_min_seconds = ${reconnect[0]}
reconnect_max_seconds = ${reconnect[1]}
heartbeat_interval_seconds = ${heartbeat}

[tls]
ca_cert = ${credential('ca.pem')}
client_cert = ${credential('agent.pem')}
client_key = ${credential('agent-key.pem')}
${tls}
[auth]
hmac_secret = ${credential('hmac.key')}
command_max_age_seconds = 60

[metrics]
push_interval_seconds = ${push}
collect_containers = false

[storage]
db_path = ${JSON.stringify(file.database)}
${tables}`;
}

/** Writes what an enrolment leaves in a folder, so that only its owner reads it. */
export function writeCredentials(
  folder: string,
  pair: { readonly ca: string; readonly cert: string; readonly key: string; readonly hmacKey: Buffer },
): void {
  const files = { 'ca.pem': pair.ca, 'agent.pem': pair.cert, 'agent-key.pem': pair.key, 'hmac.key': pair.hmacKey };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
}

/** A nonce store begun an hour ago, so that the floor of a new one (SEC-063) is behind. */
export function beginNonceStore(path: string): void {
  const clock = { now: () => Date.now() - HOUR_MS };
  openNonceStore({ path, clock, maxAgeSeconds: 60, logger: SILENT }).close();
}

/** What Node is given to run an agent's program on a file; root has to say that it means it. */
export function runArguments(program: string, config: string): string[] {
  const root = process.geteuid?.() === 0 ? ['--allow-root'] : [];
  return ['--disable-proto=throw', program, 'run', config, ...root];
}
