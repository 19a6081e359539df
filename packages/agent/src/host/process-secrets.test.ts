import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import type { TestIdentity } from '../../test-support/identity.ts';
import { runArgs, startProgram } from '../../test-support/program.ts';
import type { ProgramOptions, Running } from '../../test-support/program.ts';

const PATIENT = { timeout: 20_000, interval: 20 };

describe('the secrets of a running agent', () => {
  let identity: TestIdentity;
  let host: HostFolder;
  const running: Running[] = [];

  beforeAll(async () => {
    identity = { ...(await createIdentity('web-1')), hmacKey: Buffer.from('a key of this test, and of no other') };
  });
  beforeEach(() => {
    host = new HostFolder();
    host.writeIdentity(identity);
    host.writeConfig();
  });
  afterEach(async () => {
    for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    host.close();
  });

  /** An agent that has its keys and waits for its hub. */
  const started = async (options: ProgramOptions): Promise<Running> => {
    const agent = startProgram(runArgs(host.config), options);
    running.push(agent);
    await vi.waitFor(() => expect(agent.stderr()).toContain('"retryInMs"'), PATIENT);
    return agent;
  };

  it('SEC-168 the HMAC key is gone from memory when it ends', async () => {
    const gate = host.path('gate');
    execFileSync('mkfifo', [gate]);
    // Holds the process after its last statement until somebody writes into the pipe.
    const preload = host.write(
      'hold.mjs',
      `import { readFileSync } from 'node:fs';
      process.on('exit', () => { process.stderr.write('at its end'); readFileSync(${JSON.stringify(gate)}); });`,
    );
    const agent = await started({ nodeFlags: ['--disable-proto=throw', `--import=${preload}`] });
    expect(copiesInMemory(agent.pid, identity.hmacKey), 'the search finds it while it is needed').toBeGreaterThan(0);
    agent.child.kill('SIGTERM');
    await vi.waitFor(() => expect(agent.stderr()).toContain('at its end'), PATIENT);
    expect(copiesInMemory(agent.pid, identity.hmacKey)).toBe(0);
    writeFileSync(gate, '');
    expect(await agent.ended).toMatchObject({ code: 0 });
  });

  it.each(['SIGUSR2', 'SIGABRT', 'SIGQUIT'] as const)('SEC-168 %s leaves no file behind that holds them', async (signal) => {
    // As many core dumps as this user may have; the agent switches them off itself.
    const through = ['/bin/sh', '-c', 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', 'sh'];
    const agent = await started({ cwd: host.folder, through });
    await vi.waitFor(() => expect(readdirSync(host.folder)).toContain('status.json'), PATIENT);
    expect(readFileSync(`/proc/${agent.pid}/limits`, 'utf8')).toMatch(/^Max core file size\s+0\s/mu);
    agent.child.kill(signal);
    expect(await agent.ended).toMatchObject({ code: null, signal });
    const holding = readdirSync(host.folder).filter(
      (name) => statSync(host.path(name)).isFile() && readFileSync(host.path(name)).includes(identity.hmacKey),
    );
    expect(holding).toEqual(['hmac.key']);
  });

  it.each([
    ['opened by a module', `import inspector from 'node:inspector'; inspector.open(0, '127.0.0.1');`],
    [
      'opened by a SIGUSR1 before the first statement',
      `import inspector from 'node:inspector';
       process.debugPort = 0;
       process.kill(process.pid, 'SIGUSR1');
       while (inspector.url() === undefined) await new Promise((resolve) => setImmediate(resolve));`,
    ],
  ])('SEC-002 a debugger %s ends it before it reads a file', async (_how, code) => {
    const preload = host.write('open.mjs', code);
    // Reading this would not end: nobody writes into it.
    const unread = host.path('unread.toml');
    execFileSync('mkfifo', [unread]);
    const agent = startProgram(runArgs(unread), {
      nodeFlags: ['--disable-proto=throw', `--import=${preload}`],
    });
    running.push(agent);
    const { code: exit, stderr } = await agent.ended;
    expect([exit, stderr]).toEqual([1, expect.stringContaining('SEC-002')]);
    expect(stderr).not.toContain('unread.toml');
  });
});

/** How often `bytes` stands in the memory that a process may write. */
function copiesInMemory(pid: number, bytes: Buffer): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    let count = 0;
    for (const [, from = '', to = ''] of readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gmu)) {
      const start = BigInt(`0x${from}`);
      const region = Buffer.alloc(Number(BigInt(`0x${to}`) - start));
      const size = readRegion(memory, region, start);
      for (let at = region.indexOf(bytes); at >= 0 && at < size; at = region.indexOf(bytes, at + 1)) count += 1;
    }
    return count;
  } finally {
    closeSync(memory);
  }
}

/** A region may not be readable, or end early. */
function readRegion(memory: number, region: Buffer, start: bigint): number {
  try {
    return readSync(memory, region, 0, region.length, start);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 0;
    throw error;
  }
}
