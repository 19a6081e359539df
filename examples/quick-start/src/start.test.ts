import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { markOf } from './run-lock.ts';

/** The built program: hub and agent are processes of their own. */
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let state: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not built; run: npm run build`);
  state = await mkdtemp(join(tmpdir(), 'quick-start-'));
});

afterAll(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(state, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly said: string;
  /** Hub and agent. */
  readonly pids: readonly number[];
}

/** Starts it and waits until it says how to stop it, or ends. */
async function start(): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, '--state', state], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  await new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ctrl-C stops both')) resolve();
      });
    }
    child.once('close', () => resolve());
  });
  const text = await readFile(join(state, 'running.json'), 'utf8').catch(() => '{"children":[]}');
  const { children } = JSON.parse(text) as { readonly children: readonly { readonly pid: number }[] };
  return { child, said, pids: children.map(({ pid }) => pid) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return (await exit)[0] as number | null;
}

const alive = async (pids: readonly number[]): Promise<readonly number[]> => {
  const marks = await Promise.all(pids.map(markOf));
  return marks.filter(({ began }) => began !== '').map(({ pid }) => pid);
};

test(
  'a start leaves nothing behind, the next uses the state again, and both halves may be lost',
  { timeout: 120_000 },
  async () => {
    const first = await start();
    expect(first.said).toMatch(/Enrolling \S+ with a one-time token/u);
    expect(first.said).toMatch(/http:\/\/localhost:\d+\/setup#\S+/u);
    expect(await alive(first.pids)).toHaveLength(2);

    const beside = await start();
    expect(beside.said).toContain(`process ${first.child.pid} already runs over ${state}`);
    expect(beside.child.exitCode).toBe(1);

    expect(await end(first.child, 'SIGINT')).toBe(0);
    expect(await alive(first.pids)).toEqual([]);

    const second = await start();
    expect(second.said).not.toContain('Enrolling');
    await end(second.child, 'SIGKILL');

    const third = await start();
    expect(third.said).toMatch(/An earlier start ended without stopping process \d+/u);
    expect(await alive(second.pids)).toEqual([]);
    expect(await end(third.child, 'SIGHUP')).toBe(0);
    expect(await alive(third.pids)).toEqual([]);

    await rm(join(state, 'hub'), { recursive: true });
    const newHub = await start();
    expect(newHub.said).toContain(`it is kept as ${join(state, 'agent.old-1')}`);
    expect(newHub.said).toContain('Ctrl-C stops both');
    await end(newHub.child, 'SIGTERM');

    await rm(join(state, 'agent'), { recursive: true });
    const newAgent = await start();
    expect(newAgent.said).toMatch(/Enrolling \S+-2 with a one-time token/u);
    expect(newAgent.said).toContain('Ctrl-C stops both');
    await end(newAgent.child, 'SIGTERM');
    expect(await alive(newAgent.pids)).toEqual([]);
  },
);
