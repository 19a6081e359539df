import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

const TERM_MS = 15_000;

/** The processes a start has made. */
export interface Children {
  /** From now on the child ends with the others; at once when they are ending already. */
  add(child: ChildProcess): void;
  /** Ends all, the last made first. Resolves when they are gone. */
  stop(): Promise<void>;
}

export function createChildren(): Children {
  const children: ChildProcess[] = [];
  let stopping = false;
  // For an end of this process that nobody planned: an exception, or a library's own exit.
  process.once('exit', () => children.forEach((child) => isAlive(child) && child.kill('SIGTERM')));
  return {
    add(child) {
      children.push(child);
      if (stopping) void stopChild(child);
    },
    async stop() {
      stopping = true;
      for (const child of children.toReversed()) await stopChild(child);
    },
  };
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** SIGTERM, and SIGKILL if it does not follow. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), TERM_MS);
  await gone;
  clearTimeout(timer);
}

/** Keeps what a child says on standard error in a file, and its end for the moment it is needed. */
export function keepLog(child: ChildProcess, path: string, lines = 15): () => string {
  let tail: string[] = [];
  const file = createWriteStream(path, { mode: 0o600 });
  // A full disk is for hub and agent to report; without a log they run on.
  file.on('error', () => undefined);
  child.stderr?.setEncoding('utf8').pipe(file);
  child.stderr?.on('data', (text: string) => {
    tail = [...tail, ...text.split('\n').filter((part) => part !== '')].slice(-lines);
  });
  return () => tail.join('\n');
}

/** Rejects with the end of its log when the child ends; handled, so that nobody has to wait for it. */
export function rejectAtEnd(child: ChildProcess, who: string, tail: () => string): Promise<never> {
  const died = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${who} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      const said = tail();
      reject(new Error(`${who} ended ${how}${said === '' ? '' : `; the end of what it said:\n${said}`}`));
    });
  });
  died.catch(() => undefined);
  return died;
}

/** A clean environment: nothing of the terminal's own reaches hub or agent but what they need. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'STORMPULSE_LOG_LEVEL'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
