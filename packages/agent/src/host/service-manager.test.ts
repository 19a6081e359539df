import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeServiceManager } from './service-manager.ts';

const SOCKET = '/run/systemd/notify';

describe('D12 the service manager', () => {
  const told: (readonly string[])[] = [];
  const failed = vi.fn<(error: unknown) => void>();
  const notify = async (socket: string, assignments: readonly string[]): Promise<void> => {
    expect(socket).toBe(SOCKET);
    told.push(assignments);
    await Promise.resolve();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    failed.mockReset();
  });
  afterEach(() => void vi.useRealTimers());

  const take = (env: Record<string, string | undefined>, send = notify): ReturnType<typeof takeServiceManager> =>
    takeServiceManager(env, failed, send);
  const passed = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it('is told of readiness, of what the agent does, and of the end', async () => {
    const manager = take({ NOTIFY_SOCKET: SOCKET });
    manager.status(() => 'before it is ready');
    manager.ready('connecting\n\u001b[31m, 2 commands');
    await passed(0);
    expect(told).toEqual([['READY=1', 'STATUS=connecting [31m, 2 commands']]);
    manager.stopping();
    await passed(60_000);
    expect(told.slice(1)).toEqual([['STOPPING=1']]);
    expect(failed).not.toHaveBeenCalled();
  });

  it('SEC-171 has its watchdog fed at half of its patience, until the end', async () => {
    const manager = take({ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: String(process.pid) });
    await passed(120_000);
    expect(told).toEqual([]);
    manager.ready('live');
    await passed(29_999);
    expect(told).toHaveLength(1);
    await passed(30_001);
    expect(told.slice(1)).toEqual([['WATCHDOG=1'], ['WATCHDOG=1']]);
    manager.stopping();
    await passed(120_000);
    expect(told.slice(3)).toEqual([['STOPPING=1']]);
  });

  it.each([
    ['another process', { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }],
    ['no number', { WATCHDOG_USEC: 'soon' }],
    ['never', { WATCHDOG_USEC: '0' }],
    ['nobody', {}],
  ])('feeds no watchdog that watches %s', async (_what, env) => {
    take({ NOTIFY_SOCKET: SOCKET, ...env }).ready('live');
    await passed(600_000);
    expect(told).toHaveLength(1);
  });

  it('starts at most one process in three seconds for what changes', async () => {
    const manager = take({ NOTIFY_SOCKET: SOCKET });
    manager.ready('a');
    const read: string[] = [];
    for (const text of ['b', 'c', 'd']) {
      manager.status(() => {
        read.push(text);
        return text;
      });
      await passed(900);
    }
    expect(told).toHaveLength(1);
    expect(read).toEqual([]);
    await passed(300);
    expect(told.slice(1)).toEqual([['STATUS=d']]);
    expect(read).toEqual(['d']);
    manager.status(() => 'd');
    await passed(60_000);
    expect(told.slice(1)).toEqual([['STATUS=d']]);
  });

  it('tells one thing after the other', async () => {
    const order: string[] = [];
    const release: (() => void)[] = [];
    const manager = take({ NOTIFY_SOCKET: SOCKET }, async (_socket, assignments) => {
      order.push(assignments[0] ?? '');
      await new Promise<void>((resolve) => release.push(resolve));
    });
    manager.ready('a');
    manager.stopping();
    await passed(0);
    expect(order).toEqual(['READY=1']);
    release[0]?.();
    await passed(0);
    expect(order).toEqual(['READY=1', 'STOPPING=1']);
  });

  it('that cannot be told is said once, and no reason to stop', async () => {
    const manager = take({ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '2000000' }, () => Promise.reject(new Error('gone')));
    manager.ready('live');
    await passed(10_000);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('that is not there is told nothing', async () => {
    for (const env of [{}, { NOTIFY_SOCKET: '' }, { WATCHDOG_USEC: '2000000' }]) {
      const manager = take(env);
      manager.ready('live');
      manager.status(() => expect.unreachable('nobody is told it, so it need not be made'));
      manager.stopping();
    }
    await passed(60_000);
    expect(told).toEqual([]);
  });

  it('SEC-120 its variables leave the environment, so that no child speaks for the agent', () => {
    const env = { PATH: '/usr/bin', NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '1', WATCHDOG_PID: '1' };
    take(env);
    expect(env).toEqual({ PATH: '/usr/bin' });
  });

  it('is told through the program of the system, or the failure is said', async () => {
    vi.useRealTimers();
    const folder = mkdtempSync(join(tmpdir(), 'manager-'));
    try {
      takeServiceManager({ NOTIFY_SOCKET: join(folder, 'nobody') }, failed).ready('live');
      await vi.waitFor(() => expect(failed).toHaveBeenCalledTimes(1), { timeout: 10_000 });
      expect(String(failed.mock.calls[0]?.[0])).toContain('systemd-notify');
      expect(readFileSync('/proc/self/comm', 'utf8'), 'and this process lives').not.toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
