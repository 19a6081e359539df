import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** STORMPULSE_BENCH_BUNDLE measures another build of the agent. */
const BUNDLE = process.env.STORMPULSE_BENCH_BUNDLE ?? fileURLToPath(new URL('../packages/agent/bundle/', import.meta.url));

/** Run by `stamp`; see there. */
const STAMP = fileURLToPath(new URL('floor/stamp.mjs', import.meta.url));

/** The bundle a host runs, copied to a folder of its own: an agent shares no file of it with another, as on a host. */
export async function installBundle(folder) {
  if (!existsSync(join(BUNDLE, 'main.js'))) throw new Error(`there is no main.js in ${BUNDLE}; npm run bench makes it`);
  await cp(BUNDLE, folder, { recursive: true, dereference: true });
  return programAt(join(folder, 'main.js'), folder);
}

/** How the agent's program is started where it is, with a home folder. */
export function programAt(main, home) {
  const { variables, flags } = firstLine(main);
  return { file: process.execPath, args: [...flags, main], env: { ...agentEnvironment(home), ...variables } };
}

/** The variables and Node flags that the bundle's first line sets. */
function firstLine(main) {
  const [first] = readFileSync(main, 'utf8').split('\n', 1);
  const words = first.startsWith('#!') ? first.slice(2).split(/\s+/) : [];
  const node = words.indexOf('node');
  const variables = Object.fromEntries(
    words
      .slice(0, Math.max(0, node))
      .filter((word) => word.includes('='))
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  return { variables, flags: words.slice(node + 1).filter((word) => word.startsWith('--')) };
}

/** Writes the configuration of an agent with host metrics, custom commands and what `tables` adds; gives its path. */
export async function writeConfig(folder, { agentId, url, pulseToken, credentials, pushSeconds = 15, tables = '' }) {
  const state = join(folder, 'state');
  await mkdir(state, { recursive: true, mode: 0o700 });
  const path = join(folder, 'stormpulse.toml');
  const text = configText({ agentId, url, pulseToken, credentials, state, pushSeconds });
  await writeFile(path, `${text}\n${tables}`, { mode: 0o600 });
  return path;
}

function configText({ agentId, url, pulseToken, credentials, state, pushSeconds }) {
  const text = (value) => JSON.stringify(value);
  return `[agent]
id = ${text(agentId)}
pulse_token = ${text(pulseToken)}

[dashboard]
url = ${text(url)}
reconnect_min_seconds = 1
reconnect_max_seconds = 60
heartbeat_interval_seconds = 30

[tls]
ca_cert = ${text(join(credentials, 'ca.pem'))}
client_cert = ${text(join(credentials, 'agent.pem'))}
client_key = ${text(join(credentials, 'agent-key.pem'))}

[auth]
hmac_secret = ${text(join(credentials, 'hmac.key'))}
command_max_age_seconds = 60

[metrics]
push_interval_seconds = ${pushSeconds}
collect_containers = false

[storage]
db_path = ${text(join(state, 'stormpulse.db'))}

[commands.echo]
group = "diagnostics"
command = ["/bin/echo", "{text}"]
effect = "read"
timeout = 10
description = "prints its parameter"
params.text.placeholder = "text"
params.text.pattern = "[a-z0-9 ]{1,64}"

[commands.lines]
group = "diagnostics"
command = ["/usr/bin/seq", "1", "{count}"]
effect = "read"
timeout = 10
description = "counts up to its parameter"
params.count.placeholder = "count"
params.count.pattern = "[1-9][0-9]{0,5}"

[commands.stamp]
group = "diagnostics"
command = [${text(process.execPath)}, ${text(STAMP)}]
timeout = 10
description = "writes the moment it writes at"
`;
}

/** A clean environment, for an agent and its yardstick alike: what a program costs depends on the locale it finds. */
export function agentEnvironment(folder) {
  return { HOME: folder, LANG: 'C.UTF-8', STORMPULSE_LOG_LEVEL: 'INFO' };
}

/** Arguments that start the agent on a configuration. */
export function runArguments(configPath) {
  return ['run', configPath, ...(process.geteuid() === 0 ? ['--allow-root'] : [])];
}
