import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { command } from '../e2e/agent-process.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Makes the folder a host gets, as `scripts/bundle.mjs` does, and gives its path. */
export function bundleIn(folder: string): string {
  const bundle = join(folder, 'bundle');
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), bundle], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the bundle could not be made: ${stderr}`);
  return bundle;
}

export interface Installed {
  readonly agentId: string;
  readonly pulseToken: string;
  /** The hub's `agentsUrl`. */
  readonly agentsUrl: string;
  /** Folders on the host. */
  readonly credentials: string;
  readonly data: string;
  /** Something the commands may not write, and something they may. */
  readonly outside: string;
  readonly inside: string;
}

/** A host's file with four commands. One setting weakens the agent, so that it has something to warn of. */
export function hostToml(installed: Installed): string {
  const { credentials, data } = installed;
  const commands =
    command('outside', ['/usr/bin/touch', installed.outside]) +
    command('inside', ['/usr/bin/touch', installed.inside]) +
    command('environment', ['/usr/bin/env']) +
    command('score', ['/usr/bin/cat', '/proc/self/oom_score_adj']);
  return `
[agent]
id = "${installed.agentId}"
pulse_token = "${installed.pulseToken}"

[dashboard]
url = "${installed.agentsUrl.replace('https:', 'wss:')}/ws/pulse/"
reconnect_min_seconds = 0.2
reconnect_max_seconds = 2
heartbeat_interval_seconds = 1

[tls]
ca_cert = "${credentials}/ca.pem"
client_cert = "${credentials}/agent.pem"
client_key = "${credentials}/agent-key.pem"
require_server_eku = false

[auth]
hmac_secret = "${credentials}/hmac.key"
command_max_age_seconds = 60

[metrics]
push_interval_seconds = 1
collect_containers = false

[storage]
db_path = "${data}/stormpulse.db"
${commands}`;
}
