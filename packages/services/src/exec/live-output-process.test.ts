import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessOutcome, ProcessRequest } from '@stormpulse/kernel';
import type { CommandOutputPayload } from '@stormpulse/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hurriedClock } from '../../test-support/processes.ts';
import { childEnvironment } from './child-environment.ts';
import { createLiveOutput } from './live-output.ts';
import type { LiveOutput } from '@stormpulse/kernel';
import { createProcessRunner } from './process-runner.ts';

describe('live output of a real process', () => {
  let folder: string;
  let output: LiveOutput;
  let pieces: CommandOutputPayload[];
  /** Called with each piece. */
  let seen: (piece: CommandOutputPayload) => void;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'live-'));
    pieces = [];
    seen = () => undefined;
    output = createLiveOutput({ clock: hurriedClock(1) });
    output.attach((piece) => {
      pieces.push(piece);
      seen(piece);
      output.acknowledge(piece);
      return true;
    });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const sh = (script: string, live: ProcessRequest['live'], timeoutMs = 60_000): Promise<ProcessOutcome> =>
    createProcessRunner({ clock: hurriedClock(1), env: childEnvironment(process.env), cwd: folder, output }).run({
      file: '/bin/sh',
      args: ['-c', script],
      timeoutMs,
      signal: new AbortController().signal,
      ...(live === undefined ? {} : { live }),
    });
  const told = (stream: string): string =>
    pieces
      .filter((piece) => piece.stream === stream)
      .map(({ text }) => text)
      .join('');
  const command = { requestId: 'r', secrets: [] };

  it('is told while the process runs: it ends only when its words were heard', async () => {
    const go = join(folder, 'go');
    seen = ({ text }) => {
      if (text.includes('ready')) writeFileSync(go, '');
    };
    const outcome = await sh(`echo ready; until [ -e ${go} ]; do sleep 0.02; done; echo over >&2`, command);
    expect(outcome).toMatchObject({ kind: 'exited', stdout: 'ready\n', stderr: 'over\n' });
    expect(pieces[0]).toEqual({ request_id: 'r', stream: 'stdout', offset: 0, text: 'ready\n', seq: 0 });
  });

  it('SEC-116: a secret that the process writes byte by byte is not told, in no part', async () => {
    const go = join(folder, 'go');
    seen = () => told('stdout').includes('end') && !existsSync(go) && writeFileSync(go, '');
    const script = `for c in h u n t e r 2; do printf $c; sleep 0.06; done; printf ' is the end......'; until [ -e ${go} ]; do sleep 0.02; done`;
    const { stdout } = await sh(script, { requestId: 'r', secrets: ['hunter2'] });
    expect(stdout).toContain('hunter2');
    expect(told('stdout')).toMatch(/^\[secret\] is the end/u);
  });

  it('SEC-122: of a flood 256 KiB are told, and the process is not held up', async () => {
    const { stdout, truncated } = await sh('yes | head -c 200000000; echo done', command);
    expect(truncated).toBe(true);
    expect(stdout.endsWith('done\n')).toBe(true);
    expect(told('stdout').length).toBeLessThan(257 * 1024);
  });

  it('is not told where the kernel did not ask for it', async () => {
    await sh('echo quiet', undefined);
    expect(pieces).toEqual([]);
  });
});
