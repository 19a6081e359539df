import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Program } from '@stormpulse/wizard';
import { programPath } from '../../host/service-programs.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Programs of the system, by absolute path, words in a list, no shell. */
export interface Programs {
  /** Where it lies; undefined: this host has none. */
  readonly find: (name: string) => string | undefined;
  /** To its end, at most a minute. */
  readonly run: (file: string, argv: readonly string[]) => Promise<Ran>;
  /** What the one prints the other reads, at most a quarter of an hour; the first that failed gives the code. */
  readonly pipe: (from: Program, into: Program) => Promise<Ran>;
}

const TIMEOUT_MS = 60_000;
const PIPE_TIMEOUT_MS = 900_000;

export function systemPrograms(env: Readonly<Record<string, string | undefined>> = process.env): Programs {
  return {
    find: programPath,
    run: (file, argv) => run(file, argv, childEnv(env)),
    pipe: (from, into) => pipe(from, into, childEnv(env)),
  };
}

/** What `systemctl --user` finds its manager by; a login over su has not got it. */
function childEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = ['HOME', 'USER', 'LOGNAME', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_CONFIG_HOME'].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.geteuid?.() ?? 0}`;
  return { ...Object.fromEntries(kept), PATH: '/usr/sbin:/usr/bin:/sbin:/bin', XDG_RUNTIME_DIR: runtime, LC_ALL: 'C.UTF-8' };
}

function run(file: string, argv: readonly string[], env: Record<string, string>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(file, [...argv], { env, timeout: TIMEOUT_MS, cwd: '/' }, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else if (error.killed === true) reject(new Error(`${file} did not end within ${TIMEOUT_MS / 1_000} s`));
      else reject(error);
    });
  });
}

async function pipe(from: Program, into: Program, env: Record<string, string>): Promise<Ran> {
  const common = { env, cwd: '/', timeout: PIPE_TIMEOUT_MS };
  const reader = spawn(into.file, [...into.argv], { ...common, stdio: ['pipe', 'ignore', 'pipe'] });
  const writer = spawn(from.file, [...from.argv], { ...common, stdio: ['ignore', 'pipe', 'pipe'] });
  writer.stdout.pipe(reader.stdin.on('error', () => undefined));
  // Whichever is gone keeps the other from waiting for it.
  for (const event of ['error', 'exit']) reader.once(event, () => writer.stdout.destroy());
  writer.once('error', () => reader.stdin.destroy());
  const said = Promise.all([text(writer.stderr), text(reader.stderr)]);
  const [first, second] = await Promise.all([ended(writer), ended(reader)]);
  return { exitCode: first === 0 ? second : first, stdout: '', stderr: (await said).join('') };
}

/** One that a signal ended has failed too. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
