import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the program of the command `mark`, which leaves a line in `marks` each time it runs, and then takes its time. */
export function writeMarker(folder: string): void {
  const marks = join(folder, 'marks');
  const program = join(folder, 'mark');
  writeFileSync(marks, '');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$1" >> ${marks}\nsleep "$2"\nprintf 'marked %s\\n' "$1"\n`);
  chmodSync(program, 0o755);
}

/** The file of a host with that one command. Its credentials and its program lie where the options say. */
export function hostFile(options: {
  readonly folder: string;
  readonly credentials: string;
  readonly database: string;
  readonly agentId: string;
  readonly pulseToken: string;
  /** Host and port. */
  readonly hub: string;
}): string {
  const { folder, credentials, database, agentId, pulseToken, hub } = options;
  const credential = (name: string): string => JSON.stringify(join(credentials, name));
  return `
[agent]
id = "${agentId}"
pulse_token = "${pulseToken}"

[dashboard]
url = "wss://${hub}/ws/pulse/"
reconnect_min_seconds = 0.05
reconnect_max_seconds = 1
heartbeat_interval_seconds = 1

[tls]
ca_cert = ${credential('ca.pem')}
client_cert = ${credential('agent.pem')}
client_key = ${credential('agent-key.pem')}

[auth]
hmac_secret = ${credential('hmac.key')}
command_max_age_seconds = 60

[metrics]
push_interval_seconds = 1
collect_containers = false

[storage]
db_path = ${JSON.stringify(database)}

[commands.mark]
group = "demo"
command = [${JSON.stringify(join(folder, 'mark'))}, "{label}", "{seconds}"]
timeout = 30
concurrency = 4
description = "leaves a line"
params.label.placeholder = "label"
params.label.pattern = "[a-z0-9-]{1,64}"
params.seconds.placeholder = "seconds"
params.seconds.pattern = "[0-9.]{1,8}"
`;
}
