import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Where hub and agent keep what they know. Removing the folder starts over. */
export interface StateFolder {
  readonly root: string;
  readonly hub: string;
  readonly credentials: string;
  readonly config: string;
  readonly marks: string;
  readonly enrolled: boolean;
  readonly agentId: string;
  /** How often the command that leaves a mark has run. */
  countMarks(): Promise<number>;
}

/** Opens or makes the folder. */
export async function openStateFolder(root: string): Promise<StateFolder> {
  const folder = {
    root,
    hub: join(root, 'hub'),
    credentials: join(root, 'agent'),
    config: join(root, 'agent', 'stormpulse.toml'),
    marks: join(root, 'marks'),
  };
  for (const path of [root, folder.hub, join(folder.credentials, 'data'), folder.marks])
    await mkdir(path, { recursive: true, mode: 0o700 });
  return {
    ...folder,
    enrolled: existsSync(join(folder.credentials, 'agent.pem')),
    agentId: demoAgentId(),
    countMarks: async () => (await readdir(folder.marks)).length,
  };
}

/** This host's name, as far as it fits an agent id. */
function demoAgentId(): string {
  const name = hostname()
    .replaceAll(/[^A-Za-z0-9.-]/gu, '-')
    .replaceAll(/^[^A-Za-z0-9]+/gu, '')
    .slice(0, 50);
  return name === '' ? 'this-host' : name;
}

/** What an operator would write by hand: who the agent is, where its hub is, and everything it may run. */
export async function writeAgentConfig(folder: StateFolder, agentsUrl: string): Promise<void> {
  const token = (await readFile(join(folder.credentials, 'pulse-token'), 'utf8')).trim();
  const quote = (text: string): string => JSON.stringify(text);
  const file = (name: string): string => quote(join(folder.credentials, name));
  const uptime = existsSync('/usr/bin/uptime') ? ['/usr/bin/uptime'] : ['/bin/cat', '/proc/uptime'];
  const text = `# Written by the quick start. Everything this agent may run stands here.
[agent]
id = ${quote(folder.agentId)}
pulse_token = ${quote(token)}

[dashboard]
url = ${quote(`${agentsUrl.replace(/^https/u, 'wss')}/ws/pulse/`)}
reconnect_min_seconds = 1
reconnect_max_seconds = 60
heartbeat_interval_seconds = 30

[tls]
ca_cert = ${file('ca.pem')}
client_cert = ${file('agent.pem')}
client_key = ${file('agent-key.pem')}

[auth]
hmac_secret = ${file('hmac.key')}
command_max_age_seconds = 60

[metrics]
push_interval_seconds = 2
collect_containers = false

[storage]
db_path = ${quote(join(folder.credentials, 'data', 'stormpulse.db'))}

[commands.uptime]
group = "diagnostics"
description = "How long this host has been up"
command = ${JSON.stringify(uptime)}
timeout = 10
effect = "read"

[commands.say]
group = "diagnostics"
description = "Says one word back"
command = ["/bin/echo", "{word}"]
timeout = 10
effect = "read"

[commands.say.params.word]
placeholder = "word"
pattern = "[A-Za-z0-9_-]{1,20}"
default = "hello"
description = "letters, digits, _ and -"

[commands.mark]
group = "maintenance"
description = "Leaves a mark: one new file in the marks folder"
command = ["/bin/mktemp", "-p", ${quote(folder.marks)}, "mark.XXXXXX"]
timeout = 10
requires_confirmation = true
`;
  await writeFile(folder.config, text, { mode: 0o600 });
}
