import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoProject } from './demo-project.ts';
import type { StateFolder } from './state-folder.ts';

/** What the file is about besides its folder. */
export interface AgentFacts {
  readonly agentId: string;
  readonly agentsUrl: string;
  readonly project: DemoProject | undefined;
  /** Whether a container engine answers this user. */
  readonly engine: boolean;
}

/**
 * Writes what an operator would write by hand: who the agent is, where its hub is, and everything it may run. A file that
 * is there keeps what a person changed; only the hub's address follows this start, and an engine that it was written without.
 * Returns what is to be said of a file that was there.
 */
export async function writeAgentConfig(folder: StateFolder, facts: AgentFacts): Promise<readonly string[]> {
  const fresh = await configText(folder, facts);
  const { agentsUrl, engine } = facts;
  if (!existsSync(folder.config)) {
    await writeFile(folder.config, fresh, { mode: 0o600 });
    return [];
  }
  const old = await readFile(folder.config, 'utf8');
  if (identityLines(fresh).every((line) => old.includes(line))) {
    const isNewEngine = engine && old.includes(NO_ENGINE);
    const text = (isNewEngine ? withEngine(old) : old).replace(/^url = .*$/mu, () => urlLine(agentsUrl));
    if (text !== old) await writeFile(folder.config, text);
    return isNewEngine ? [`A container engine is here now: ${folder.config} has [docker] from this start on.`] : [];
  }
  const kept = `${folder.config}.old`;
  await rename(folder.config, kept);
  await writeFile(folder.config, fresh, { mode: 0o600 });
  return [`The agent's configuration was written for another place; it is kept as ${kept}.`];
}

function withEngine(text: string): string {
  return text.replace(NO_ENGINE, () => ENGINE).replace(/^collect_containers = false$/mu, 'collect_containers = true');
}

/** The lines without which the file is not this agent's. */
function identityLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^(?:id|pulse_token|client_key|db_path) = /u.test(line));
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function urlLine(agentsUrl: string): string {
  return `url = ${quote(`${agentsUrl.replace(/^https/u, 'wss')}/ws/pulse/`)}`;
}

async function configText(folder: StateFolder, { agentId, agentsUrl, project, engine }: AgentFacts): Promise<string> {
  const token = (await readFile(join(folder.credentials, 'pulse-token'), 'utf8')).trim();
  const file = (name: string): string => quote(join(folder.credentials, name));
  const uptime = existsSync('/usr/bin/uptime') ? ['/usr/bin/uptime'] : ['/bin/cat', '/proc/uptime'];
  return `# Written by the quick start. Everything this agent may run stands here: change it, stop with Ctrl-C, start again.
[agent]
id = ${quote(agentId)}
pulse_token = ${quote(token)}

[dashboard]
${urlLine(agentsUrl)}
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
collect_containers = ${engine}

[storage]
db_path = ${file(join('data', 'stormpulse.db'))}

# The hatch for shell text of the hub is closed until you open it. Here agent and operator are one user, so the agent could, too.
[signoff]
accept_same_user = true
${project === undefined ? '' : projectText(project)}
${engine ? ENGINE : NO_ENGINE}

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

[commands.follow]
group = "diagnostics"
description = "This agent's own log, as it grows"
command = ["/usr/bin/tail", "-f", ${quote(folder.logs.agent)}]
timeout = 60
effect = "read"

[commands.mark]
group = "maintenance"
description = "Leaves a mark: one new file in the marks folder"
command = ["/bin/mktemp", "-p", ${quote(folder.marks)}, "mark.XXXXXX"]
timeout = 10
requires_confirmation = true
`;
}

function projectText({ folder, composeFile }: DemoProject): string {
  return `
[project]
project_dir = ${quote(folder)}
compose_file = ${quote(composeFile)}
docker_service_name = "demo"

[git]
`;
}

const ENGINE = `# This section allows all the plugin can do, to remove containers as well; without it the hub sees none of them.
[docker]`;

const NO_ENGINE =
  '# No container engine was here when this was written: the first start that finds one puts [docker] in place of this line.';
