import { describe, expect, it } from 'vitest';
import { runProgram } from '../../test-support/program.ts';
import type { ServicePrograms } from '../host/service-programs.ts';
import { logs } from './logs.ts';
import type { LogsOptions } from './logs.ts';
import { restart } from './restart.ts';

/** systemd's programs of a host, which note what they are asked. */
function fakePrograms(change: Partial<ServicePrograms> & { readonly prints?: string; readonly exits?: number } = {}): {
  readonly programs: ServicePrograms;
  readonly ran: string[][];
} {
  const { prints = 'a line\n', exits = 0, ...rest } = change;
  const ran: string[][] = [];
  const programs: ServicePrograms = {
    scope: 'system',
    isRoot: true,
    find: (name) => `/usr/bin/${name}`,
    run: (file, args, watch) => {
      ran.push([file, ...args]);
      watch?.(prints);
      return Promise.resolve(exits);
    },
    ...rest,
  };
  return { programs, ran };
}

describe('stormpulse logs', () => {
  const asked = async (options: LogsOptions, change: Parameters<typeof fakePrograms>[0] = {}): Promise<string> => {
    const { programs, ran } = fakePrograms(change);
    await logs(options, programs, () => undefined);
    return (ran[0] ?? []).join(' ');
  };

  it('I9: with --since no -n and no -f', async () => {
    expect(await asked({ since: '1 hour ago' })).toBe('/usr/bin/journalctl -u stormpulse --since 1 hour ago');
  });

  it.each([
    [{}, '-n 100 -f'],
    [{ lines: '5' }, '-n 5 -f'],
    [{ follow: false }, '-n 100'],
    [{ until: 'today' }, '--until today'],
    [{ since: 'x', lines: '5' }, '-n 5 --since x'],
    [{ since: 'x', follow: true }, '--since x -f'],
    [{ since: 'x', until: 'y', grep: '-e; rm' }, '--since x --until y -g -e; rm'],
  ])('%j: %s', async (options, says) => {
    expect(await asked(options)).toBe(`/usr/bin/journalctl -u stormpulse ${says}`);
  });

  it("asks for the user's unit where the agent is the user's", async () => {
    expect(await asked({}, { scope: 'user' })).toBe('/usr/bin/journalctl --user -u stormpulse -n 100 -f');
  });

  it('exits as journalctl does, and refuses where there is none', async () => {
    const { programs } = fakePrograms({ exits: 3 });
    expect(await logs({}, programs, () => undefined)).toBe(3);
    const none = fakePrograms({ find: () => undefined });
    await expect(logs({}, none.programs, () => undefined)).rejects.toThrow(/journalctl was expected in .*; without systemd/u);
  });

  it.each([
    ['', {}, 'nothing of the unit'],
    ['-- No entries --\n', { since: 'x' }, 'No line matches'],
    ['', { grep: 'x' }, 'No line matches'],
    ['a line\n', { since: 'x' }, undefined],
  ])('what was printed: %j of %j', async (prints, options, says) => {
    const said: string[] = [];
    const { programs } = fakePrograms({ prints });
    await logs({ follow: false, ...options }, programs, (line) => said.push(line));
    expect(said).toEqual(says === undefined ? [] : [expect.stringContaining(says)]);
  });

  it.each([['-n', 'many'], ['--lines', '-3'], ['--since'], ['now']])('%s %s: wrong use, 2', async (...args) => {
    expect((await runProgram(['logs', ...args])).code).toBe(2);
  });
});

describe('stormpulse restart', () => {
  it("restarts a user's agent and exits as systemctl does", async () => {
    const { programs, ran } = fakePrograms({ scope: 'user', isRoot: false, exits: 5 });
    expect(await restart(programs, () => undefined)).toBe(5);
    expect(ran).toEqual([['/usr/bin/systemctl', '--user', 'restart', 'stormpulse']]);
  });

  it('as root prints the command and runs nothing', async () => {
    const said: string[] = [];
    const { programs, ran } = fakePrograms();
    expect(await restart(programs, (line) => said.push(line))).toBe(0);
    expect([said, ran]).toEqual([['systemctl restart stormpulse'], []]);
  });

  it.each([
    ["the host's, without root", { isRoot: false }, 'as root: systemctl restart stormpulse'],
    ['without systemctl', { scope: 'user', find: () => undefined } as const, 'stop the agent with SIGTERM'],
  ])('%s: says what to do', async (_name, change, says) => {
    const { programs, ran } = fakePrograms(change);
    await expect(restart(programs, () => undefined)).rejects.toThrow(says);
    expect(ran).toEqual([]);
  });
});
