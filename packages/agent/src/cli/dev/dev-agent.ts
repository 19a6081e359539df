import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger, openNonceStore } from '@stormpulse/services';
import { stringify } from 'smol-toml';
import { Refused } from '../../errors.ts';
import { readRunning, statusPath } from '../../host/status-file.ts';
import type { StatusFile } from '../../host/status-file.ts';
import { enroll } from '../enroll.ts';
import type { DevHub } from './dev-hub.ts';

export const AGENT_ID = 'dev';

const LOOK_MS = 50;
const START_MS = 60_000;
const STOP_MS = 20_000;
const KEPT_LINES = 20;
const STARTING: ReadonlySet<string> = new Set(['configured', 'starting']);
/** SEC-167: what `run` refuses to start with. */
const NOT_PASSED = /^(?:NODE_|LD_|OPENSSL_CONF$)/u;

/** Enrols an agent through the real exchange. Returns the text of its file, without a plugin. */
export async function enrolDev(hub: DevHub, state: string): Promise<string> {
  const credentials = join(state, 'credentials');
  const { token } = await hub.createToken(AGENT_ID);
  const options = { credsDir: credentials, force: false, insecureLoopbackHttp: false };
  await enroll(`${hub.agentsUrl}/api/enroll/`, AGENT_ID, token, options, () => undefined);
  mkdirSync(join(state, 'data'), { mode: 0o700 });
  beginNonceStore(databaseIn(state));
  const file = (name: string): string => join(credentials, name);
  return stringify({
    agent: { id: AGENT_ID, pulse_token: readFileSync(file('pulse-token'), 'utf8').trim() },
    dashboard: {
      url: `${hub.agentsUrl.replace(/^https/u, 'wss')}/ws/pulse/`,
      reconnect_min_seconds: 1,
      reconnect_max_seconds: 5,
      heartbeat_interval_seconds: 30,
    },
    tls: { ca_cert: file('ca.pem'), client_cert: file('agent.pem'), client_key: file('agent-key.pem') },
    auth: { hmac_secret: file('hmac.key'), command_max_age_seconds: 60 },
    metrics: { push_interval_seconds: 2, collect_containers: false },
    storage: { db_path: databaseIn(state) },
  });
}

/** The key is a moment old, so there is no command that an older store could know: no first minute in which all are refused (SEC-063). */
function beginNonceStore(path: string): void {
  const clock = { now: () => Date.now() - 3_600_000 };
  openNonceStore({ path, clock, maxAgeSeconds: 60, logger: createLogger({ level: 'ERROR' })('nonces') }).close();
}

export function databaseIn(state: string): string {
  return join(state, 'data', 'stormpulse.db');
}

/** `stormpulse run` as a process of its own; what the plugin logs is handed on. */
export class DevAgent {
  readonly #child: ChildProcess;
  readonly #state: string;
  readonly #gone: Promise<unknown>;
  readonly #last: string[] = [];

  constructor(state: string, config: string, onLog: (line: string) => void) {
    this.#state = state;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_PASSED.test(name)));
    const root = process.geteuid?.() === 0 ? ['--allow-root'] : [];
    const args = ['--disable-proto=throw', process.argv[1] ?? '', 'run', config, ...root];
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#gone = once(this.#child, 'exit');
    if (this.#child.stderr !== null)
      createInterface({ input: this.#child.stderr }).on('line', (line) => {
        this.#last.push(line);
        if (this.#last.length > KEPT_LINES) this.#last.shift();
        onLog(line);
      });
  }

  /**
   * Until the hub has answered its `register` and `plugin` has started, or not: an isolated one may still be at it when the link is up.
   * Rejects with `E_AGENT_REFUSED` and its last words when the agent ends before.
   */
  async live(plugin: string): Promise<StatusFile> {
    const until = Date.now() + START_MS;
    while (this.#child.exitCode === null && this.#child.signalCode === null && Date.now() < until) {
      const status = readRunning(statusPath(databaseIn(this.#state)));
      if (
        status !== undefined &&
        status.pid === this.#child.pid &&
        status.connection.state === 'live' &&
        status.features.length > 0 &&
        !STARTING.has(status.plugins.find(({ name }) => name === plugin)?.state ?? '')
      )
        return status;
      await new Promise((resolve) => void setTimeout(resolve, LOOK_MS));
    }
    throw Refused({ what: `the agent did not come up; it said:\n${this.#last.join('\n')}` });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#gone;
    clearTimeout(late);
  }
}
