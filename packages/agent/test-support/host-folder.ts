import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestIdentity } from './identity.ts';

/** A folder as a host has it: `stormpulse.toml`, credentials, state. `close` removes it. */
export class HostFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'agent-'));
  readonly config = this.path('stormpulse.toml');

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file that only its owner reads. */
  write(name: string, content: string | Uint8Array, mode = 0o600): string {
    writeFileSync(this.path(name), content);
    chmodSync(this.path(name), mode);
    return this.path(name);
  }

  writeIdentity(identity: TestIdentity): void {
    this.write('ca.pem', identity.caPem, 0o644);
    this.write('agent.pem', identity.certificatePem, 0o644);
    this.write('agent-key.pem', identity.keyPem);
    this.write('hmac.key', identity.hmacKey);
  }

  /** The configuration with each `[what, by]` replaced; throws when one is not there. */
  writeConfig(...edits: readonly (readonly [what: string, by: string])[]): string {
    return this.write('stormpulse.toml', edited(this.validToml(), ...edits));
  }

  /** Every required key, none besides; the hub's port has nobody listening. */
  validToml(): string {
    const file = (name: string): string => JSON.stringify(this.path(name));
    return `# a host's file
[agent]
id = "web-1"
pulse_token = "11111111-2222-4333-8444-555555555555"

[dashboard]
url = "wss://127.0.0.1:1/ws/pulse/"
reconnect_min_seconds = 3
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
push_interval_seconds = 15
collect_containers = true

[storage]
db_path = ${file('stormpulse.db')}
`;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `text` with each `[what, by]` replaced once; throws when one is not there. */
export function edited(text: string, ...edits: readonly (readonly [what: string, by: string])[]): string {
  let result = text;
  for (const [what, by] of edits) {
    if (!result.includes(what)) throw new Error(`the text has no ${what}`);
    result = result.replace(what, () => by);
  }
  return result;
}

/** The line on which `part` first stands in `text`, from 1. */
export function lineOf(text: string, part: string): number {
  const at = text.indexOf(part);
  if (at < 0) throw new Error(`the text has no ${part}`);
  return text.slice(0, at).split('\n').length;
}
