import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installBundle, runArguments, writeConfig } from './agent-under-test.mjs';
import { lineOf } from './processes.mjs';

const HUB = fileURLToPath(new URL('../packages/hub/dist/main.js', import.meta.url));
const ANY_PORT = '127.0.0.1:0';

/** The real hub, in a process of its own: where agents connect (`address`) and the one-time link for a person. */
export async function startHub(processes, stateDir) {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const args = [HUB, 'run', '--state', stateDir, '--agents-listen', ANY_PORT, '--people-listen', ANY_PORT];
  let address;
  const { process: hub, match } = await lineOf(processes, process.execPath, args, /^people +(http:\/\/\S+)/, {
    onLine: (line) => (address ??= /^agents +https:\/\/(\S+)$/.exec(line)?.[1]),
  });
  return { ...hub, stateDir, address, setupLink: match[1] };
}

/** Enrols through the agent's own command and the hub's own token, then starts the agent; `tables`: further TOML of its file. */
export async function startEnrolledAgent(processes, hub, folder, agentId, tables = '') {
  const { file, args, env } = await installBundle(join(folder, 'bundle'));
  const credentials = join(folder, 'credentials');
  const said = await processes.run(process.execPath, [HUB, 'token', agentId, '--state', hub.stateDir]);
  const [, endpoint, token] = /^stormpulse enroll (\S+) \S+ (\S+)$/m.exec(said.join('\n'));
  const [, pulseToken] = /pulse_token = "([^"]+)"/.exec(said.join('\n'));
  await processes.run(file, [...args, 'enroll', endpoint, agentId, token, '--creds-dir', credentials], { env });
  const url = `wss://${hub.address}/ws/pulse/`;
  const config = await writeConfig(folder, { agentId, url, pulseToken, credentials, tables });
  return processes.start(file, [...args, ...runArguments(config)], { env });
}
