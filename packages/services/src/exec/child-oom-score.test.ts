import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { withChildOomScore } from './child-oom-score.ts';
import { createProcessRunner } from './process-runner.ts';

const SCORE = '/proc/self/oom_score_adj';
/** The grandchild tells: it inherits what its parent began with. */
const ASK = ['/bin/sh', ['-c', `sh -c 'cat ${SCORE}'`]] as const;

/** No timer is due in a test that ends at once. */
const CLOCK = { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => undefined };

describe('D12 when memory runs out', () => {
  const own = (): number => Number(readFileSync(SCORE, 'utf8'));
  const runner = createProcessRunner({ clock: CLOCK, env: { PATH: '/usr/bin:/bin' }, cwd: '/' });

  it('commands and what they start go before the agent', async () => {
    const before = own();
    const signal = new AbortController().signal;
    const outcome = await runner.run({ file: ASK[0], args: ASK[1], timeoutMs: 10_000, signal });
    expect(outcome).toMatchObject({ kind: 'exited', exitCode: 0, stdout: '500\n' });
    expect(own()).toBe(before);
  });

  it('what a plugin starts goes before the agent', async () => {
    const before = own();
    expect((await runner.exec(ASK[0], ASK[1], {})).stdout).toBe('500\n');
    expect(own()).toBe(before);
  });

  it('the agent has its own score back also when the start fails', async () => {
    const before = own();
    expect(() =>
      withChildOomScore(() => {
        throw new Error('no such thing');
      }),
    ).toThrow('no such thing');
    expect(own()).toBe(before);
    expect(await text(spawn('/usr/bin/cat', [SCORE]).stdout)).toBe(`${before}\n`);
  });
});
