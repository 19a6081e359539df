import { spawn } from 'node:child_process';
import { once } from 'node:events';

const STOP_WITHIN_MS = 5_000;
const KEPT_LINES = 40;
const KEPT_CHARACTERS = 400;

/** Starts programs and ends exactly those. */
export function createProcesses() {
  const running = new Set();

  /** Starts a program with its output kept for errors. `cleanEnv`: nothing but PATH and what is given. */
  function start(file, args, { env = {}, onLine } = {}) {
    const child = spawn(file, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop();
        for (const line of parts) {
          lines.push(line.slice(0, KEPT_CHARACTERS));
          if (lines.length > KEPT_LINES) lines.shift();
          onLine?.(line);
        }
      });
    }
    const one = { child, pid: child.pid, lines, stop: () => stop(child) };
    running.add(one);
    child.once('exit', () => running.delete(one));
    child.once('error', (error) => lines.push(error.message));
    return one;
  }

  /** Runs a program to its end and gives what it printed. Throws when it fails. */
  async function run(file, args, options) {
    const one = start(file, args, options);
    const [code] = await once(one.child, 'close');
    if (code !== 0) throw new Error(`${file} ${args[0]} … ended with ${code}:\n${one.lines.join('\n')}`);
    return one.lines;
  }

  async function stopAll() {
    await Promise.all([...running].map((one) => one.stop()));
  }

  return { start, run, stopAll };
}

/** Resolves with the first line that matches; rejects when the program ends before, or after `withinMs`. */
export function lineOf(processes, file, args, pattern, { env, onLine, withinMs = 20_000 } = {}) {
  return new Promise((resolve, reject) => {
    const one = processes.start(file, args, {
      env,
      onLine: (line) => {
        onLine?.(line);
        const match = pattern.exec(line);
        if (match !== null) settle(() => resolve({ process: one, match }));
      },
    });
    const timer = setTimeout(() => settle(() => reject(failure(`said nothing like ${pattern} in ${withinMs} ms`))), withinMs);
    const failure = (what) => new Error(`${file} ${args[0]} … ${what}:\n${one.lines.join('\n')}`);
    const ended = (code) => settle(() => reject(failure(`ended with ${code}`)));
    const settle = (act) => {
      clearTimeout(timer);
      one.child.off('exit', ended);
      act();
    };
    one.child.once('exit', ended);
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}
