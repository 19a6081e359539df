import { fstatSync, readdirSync } from 'node:fs';
import { Refused } from '../errors.ts';

/** SEC-167: what would change how this process runs without standing in the host's file. */
const DANGEROUS = [
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_V8_COVERAGE',
  'NODE_REDIRECT_WARNINGS',
  'OPENSSL_CONF',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
];

/** SEC-168: Node's own ways to write memory, and with it the keys, into a file. */
const WRITES_MEMORY = /^--(?:heapsnapshot-|heap-prof|cpu-prof|report-(?:on-|uncaught-)|abort-on-uncaught-exception)/u;

export interface GuardOptions {
  readonly allowRoot: boolean;
  readonly allowUnsafeEnv: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What must hold of a process that handles keys, before anything is read. Throws `E_AGENT_REFUSED`. */
export function guardProcess(env: Env = process.env, execArgv: readonly string[] = process.execArgv): void {
  if (isDebuggerOpen() || execArgv.some((flag) => flag.startsWith('--inspect'))) {
    throw Refused({
      what: 'a debugger is open on this process, and whoever reaches it reads the keys; start the agent without --inspect (SEC-002)',
    });
  }
  const dumping = execArgv.find((flag) => WRITES_MEMORY.test(flag));
  if (dumping !== undefined) {
    throw Refused({
      what: `${dumping} would write what this process holds, its keys too, into a file; start the agent without it (SEC-168)`,
    });
  }
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== undefined) {
    throw Refused({
      what: "NODE_TLS_REJECT_UNAUTHORIZED is set, which would switch the hub's identity check off; unset it (SEC-022)",
    });
  }
}

/** {@link guardProcess}, and what must hold of one that runs commands. Throws `E_AGENT_REFUSED`. */
export function guardStart(options: GuardOptions, env: Env = process.env, execArgv: readonly string[] = process.execArgv): void {
  guardProcess(env, execArgv);
  const set = DANGEROUS.filter((name) => env[name] !== undefined && env[name] !== '');
  if (set.length > 0 && !options.allowUnsafeEnv) {
    const [are, them] = set.length === 1 ? ['is', 'it'] : ['are', 'them'];
    throw Refused({
      what: `${set.join(', ')} ${are} set and would change how this process runs; unset ${them}, or for a test pass --allow-unsafe-env (SEC-167)`,
    });
  }
  if (process.geteuid?.() === 0 && !options.allowRoot) {
    throw Refused({
      what: 'the agent does not run as root: a mistake in a command would have no bounds. Run it as a user of its own, or pass --allow-root (SEC-165)',
    });
  }
}

/** An open debugger listens; Node's module that knows of it brings its threads along, and is asked only where there is a socket. */
function isDebuggerOpen(): boolean {
  return holdsSocket() && process.getBuiltinModule('node:inspector').url() !== undefined;
}

/** Besides its standard streams. Where that cannot be told, yes. */
function holdsSocket(): boolean {
  try {
    return readdirSync('/proc/self/fd').some((fd) => Number(fd) > 2 && isSocket(Number(fd)));
  } catch {
    return true;
  }
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch (error) {
    // The listing's own descriptor, closed since.
    return !(error instanceof Error && 'code' in error && error.code === 'EBADF');
  }
}
