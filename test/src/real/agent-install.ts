import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { command } from '../e2e/agent-process.ts';
import { hostToml } from '../e2e/host-on-disk.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Makes the folder a host gets, as `scripts/bundle.mjs` does, and gives its path. */
export function bundleIn(folder: string): string {
  const bundle = join(folder, 'bundle');
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), bundle], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the bundle could not be made: ${stderr}`);
  return bundle;
}

/** The host's file once it is enrolled. One setting weakens the agent, so that it has something to warn of. */
export function installedToml(installed: {
  readonly agentId: string;
  readonly pulseToken: string;
  /** The hub's `agentsUrl`. */
  readonly agentsUrl: string;
  /** Folders on the host. */
  readonly credentials: string;
  readonly data: string;
  /** TOML. */
  readonly commands: string;
}): string {
  const { agentId, pulseToken, agentsUrl, credentials, data, commands } = installed;
  return hostToml({
    agentId,
    pulseToken,
    hub: new URL(agentsUrl).host,
    credentials,
    database: `${data}/stormpulse.db`,
    reconnect: [0.2, 2],
    tls: 'require_server_eku = false\n',
    tables: commands,
  });
}

/** Four commands; `outside` is a file that the service may not write, `inside` one it may. */
export function fourCommands(files: { readonly outside: string; readonly inside: string }): string {
  return (
    command('outside', ['/usr/bin/touch', files.outside]) +
    command('inside', ['/usr/bin/touch', files.inside]) +
    command('environment', ['/usr/bin/env']) +
    command('score', ['/usr/bin/cat', '/proc/self/oom_score_adj'])
  );
}
