import type { ChildProcess } from 'node:child_process';

const TERM_MS = 15_000;

/** Ends a process we started: SIGTERM, and SIGKILL if it does not follow. Resolves when it is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), TERM_MS);
  await gone;
  clearTimeout(timer);
}

/** Keeps the end of what a child says on standard error, for the moment it is needed. */
export function keepTail(child: ChildProcess, lines = 15): () => string {
  let tail: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = [...tail, ...text.split('\n').filter((part) => part !== '')].slice(-lines);
  });
  return () => tail.join('\n');
}

/** A clean environment: nothing of the terminal's own reaches hub or agent but what they need. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'STORMPULSE_LOG_LEVEL'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
