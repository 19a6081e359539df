import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@stormpulse/sqlite';
import type { HostStage } from './agent-process.ts';

/** One row of v1's nonce table; `seenAt` in Unix seconds, when v1 took the command. */
export interface V1Nonce {
  readonly nonce: string;
  readonly seenAt: number;
}

/** Turns a stage into a host that ran the Python agent: its folders and modes, its nonce database, an open hatch (wire page, 11 and 3.5). */
export function writeV1Host(stage: HostStage, nonces: readonly V1Nonce[]): void {
  for (const folder of ['creds', 'data', 'app']) mkdirSync(stage.path(folder), { mode: 0o755 });
  const credentials = { 'ca.pem': 0o644, 'agent.pem': 0o644, 'agent-key.pem': 0o640, 'hmac.key': 0o640 };
  for (const [name, mode] of Object.entries(credentials)) {
    renameSync(stage.path(name), stage.path(`creds/${name}`));
    chmodSync(stage.path(`creds/${name}`), mode);
  }
  writeFileSync(stage.path('app/compose.yml'), 'services: {}\n');
  for (const suffix of ['', '-wal', '-shm']) rmSync(stage.path(`stormpulse.db${suffix}`), { force: true });
  writeV1Database(stage.path('data/stormpulse.db'), nonces);
  writeFileSync(stage.path('data/signoff.unsealed_at'), '2026-03-04T05:06:07.089000+00:00');
  const { agentId, hub } = stage;
  const toml = v1Toml({
    agentId,
    pulseToken: '11111111-2222-4333-8444-555555555555',
    url: hub.url,
    credentials: stage.path('creds'),
    project: stage.path('app'),
    database: stage.path('data/stormpulse.db'),
  });
  writeFileSync(stage.path('stormpulse.toml'), toml);
  chmodSync(stage.path('stormpulse.toml'), 0o640);
}

/** v1's nonce table, as it makes it. */
export function writeV1Database(path: string, nonces: readonly V1Nonce[]): void {
  const database = openDatabase(path);
  database.exec('CREATE TABLE seen_nonces (nonce TEXT PRIMARY KEY, seen_at REAL NOT NULL)');
  database.exec('CREATE INDEX idx_seen_nonces_seen_at ON seen_nonces (seen_at)');
  const insert = database.prepare('INSERT INTO seen_nonces (nonce, seen_at) VALUES (?, ?)');
  for (const { nonce, seenAt } of nonces) insert.run(nonce, seenAt);
  database.close();
}

/** What v1 would say of a nonce at a time, by its own two statements: purge, then look. Changes nothing. */
export function v1Refuses(path: string, nonce: string, nowSeconds: number, maxAgeSeconds: number): boolean {
  const database = openDatabase(path);
  try {
    database.exec('BEGIN');
    database.prepare('DELETE FROM seen_nonces WHERE seen_at < ?').run(nowSeconds - maxAgeSeconds);
    const known = database.prepare('SELECT 1 AS known FROM seen_nonces WHERE nonce = ?').get(nonce);
    database.exec('ROLLBACK');
    return known !== undefined;
  } finally {
    database.close();
  }
}

/** Where a v1 host keeps what its file names; folders and files by whole paths. */
export interface V1Places {
  readonly agentId: string;
  readonly pulseToken: string;
  readonly url: string;
  readonly credentials: string;
  readonly project: string;
  readonly database: string;
}

/** As v1's `init` writes it, with an integration, a choice, a log group that v1 skips, and the operator's own commands. */
export function v1Toml({ agentId, pulseToken, url, credentials, project, database }: V1Places): string {
  const credential = (name: string): string => JSON.stringify(join(credentials, name));
  return `# Storm Pulse agent
[agent]
id = "${agentId}"
pulse_token = "${pulseToken}"

[dashboard]
url = "${url}"
reconnect_min_seconds = 3
reconnect_max_seconds = 60
heartbeat_interval_seconds = 30

[tls]
ca_cert = ${credential('ca.pem')}
client_cert = ${credential('agent.pem')}
client_key = ${credential('agent-key.pem')}

[auth]
hmac_secret = ${credential('hmac.key')}
command_max_age_seconds = 60

[metrics]
push_interval_seconds = 15
collect_containers = true

[project]
project_dir = ${JSON.stringify(project)}
compose_file = ${JSON.stringify(join(project, 'compose.yml'))}
docker_service_name = "web"

[storage]
db_path = ${JSON.stringify(database)}

[caddy]
enabled = true
admin_url = "http://localhost:2019"
main_caddyfile = "/etc/caddy/Caddyfile"
drop_in_path = "stormpulse.caddy"

[rclone]
enabled = false

[acme_gate]
enabled = true

[[log_groups]]
name = "web.app"
enabled = true
source_type = "file"
source_path = "/var/log/app.log"
parser = "django"
ship_interval_seconds = 5
max_lines_per_batch = 100

[commands.mark]
group = "deploy"
command = ["/bin/sh", "-c", "echo x >> \\"$1\\"", "sh", "{project_dir}/marks"]
timeout = 30
requires_confirmation = true

[commands.say]
group = "diagnostics"
command = ["/usr/bin/printf", "%s", "{word}"]
timeout = 10
description = "say a word"

[commands.say.params.word]
placeholder = "word"
pattern = "[a-z]+"
default = "hello"
`;
}
