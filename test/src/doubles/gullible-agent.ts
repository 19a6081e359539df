#!/usr/bin/env node
// An agent that believes everything. It exists so that a demonstration of refusals can be shown to be able to fail.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { WebSocket } from 'ws';
import { envelope } from './v1-wire.ts';
import type { WireMessage } from './v1-wire.ts';

interface HostFile {
  readonly agent: { readonly id: string; readonly pulse_token: string };
  readonly dashboard: { readonly url: string; readonly heartbeat_interval_seconds: number };
  readonly tls: { readonly ca_cert: string; readonly client_cert: string; readonly client_key: string };
  readonly commands?: Readonly<
    Record<string, { readonly command: readonly string[]; readonly group?: string; readonly timeout?: number }>
  >;
}

interface Received {
  readonly command?: string;
  readonly commands?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
}

function main(words: readonly string[]): void {
  const [verb, path] = words.filter((word) => !word.startsWith('-'));
  if (verb !== 'run' || path === undefined) {
    process.stderr.write('usage: gullible-agent run CONFIG\n');
    process.exitCode = 2;
    return;
  }
  live(parse(readFileSync(path, 'utf8')) as unknown as HostFile, dirname(path));
}

function live(host: HostFile, folder: string): void {
  const read = (file: string): Buffer => readFileSync(resolve(folder, file));
  const { ca_cert, client_cert, client_key } = host.tls;
  const socket = new WebSocket(host.dashboard.url, {
    ca: read(ca_cert),
    cert: read(client_cert),
    key: read(client_key),
    perMessageDeflate: false,
  });
  const send = (type: string, payload: object): void => socket.send(JSON.stringify(envelope(type, host.agent.id, payload)));
  const timers: NodeJS.Timeout[] = [];
  socket.once('open', () => {
    send('register', registration(host));
    const report = (): void => {
      send('heartbeat', {});
      send('metrics.push', INVENTED);
    };
    report();
    timers.push(setInterval(report, host.dashboard.heartbeat_interval_seconds * 1_000));
  });
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString('utf8')) as WireMessage;
    if (!message.type.startsWith('command.') || message.type.endsWith('.ack')) return;
    const { command, commands = [], params = {} } = message.payload as Received;
    for (const name of command === undefined ? commands : [command]) {
      runAnything(host, name, params, (outcome) =>
        send('command.result', { request_id: message.id, sequence_id: null, ...outcome }),
      );
    }
  });
  socket.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  socket.on('close', () => timers.forEach((timer) => clearInterval(timer)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => socket.close(1000));
}

/** The table entry under that name with whatever came put in; a name that is not there "worked". */
function runAnything(
  host: HostFile,
  name: string,
  params: Readonly<Record<string, string>>,
  answer: (outcome: object) => void,
): void {
  const entry = host.commands?.[name];
  const base = {
    command: name,
    group: entry?.group ?? 'anything',
    success: true,
    exit_code: 0,
    stderr: '',
    failure_reason: null,
  };
  if (entry === undefined) {
    answer({ ...base, stdout: 'ran it\n', duration_ms: 1 });
    return;
  }
  const argv = entry.command.map((word) => word.replaceAll(/\{(\w+)\}/gu, (whole, key: string) => params[key] ?? whole));
  const begun = performance.now();
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.once('error', () => answer({ ...base, stdout: 'ran it\n', duration_ms: 1 }));
  child.once('close', () => {
    answer({ ...base, stdout: Buffer.concat(chunks).toString('utf8'), duration_ms: Math.trunc(performance.now() - begun) });
  });
}

function registration(host: HostFile): object {
  const commands = Object.entries(host.commands ?? {}).map(([name, { command, group = 'anything', timeout = 30 }]) => [
    name,
    { group, description: '', template: command, timeout, requires_confirmation: false, long_running: false, params: {} },
  ]);
  return {
    version: '0.0.0',
    pulse_token: host.agent.pulse_token,
    commands: Object.fromEntries(commands) as object,
    integrations: null,
    log_groups: null,
    system_inventory: null,
    signoff_sealed: true,
    unsealed_since: null,
    wire_contract: null,
  };
}

const INVENTED = {
  cpu_percent: 1,
  memory_percent: 1,
  memory_used_mb: 1,
  memory_total_mb: 100,
  disk_percent: 1,
  disk_used_gb: 1,
  disk_total_gb: 100,
  load_avg_1m: 0.1,
  load_avg_5m: 0.1,
  uptime_seconds: 1,
  containers: [],
  integrations: null,
  jobs: { pending: 0, running: 0, quota_pending: 0, quota_running: 0, quota_rejected: 0 },
};

main(process.argv.slice(2));
