import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import type { KernelStatus } from '@stormpulse/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { createStatusWriter, readRunning } from './status-file.ts';

const STATUS: KernelStatus = {
  connection: { state: 'connecting', since: 0, attempt: 1 },
  features: [],
  plugins: [],
  commands: [],
  leftOut: [],
  refusals: {},
  ignored: {},
  outbox: { waiting: 0, lost: 0 },
};
const OWN = { version: '0.0.0', startedAt: 0, allowances: [] };

describe('the status file', () => {
  let host: HostFolder;
  let path: string;
  const failed = vi.fn<(error: unknown) => void>();

  beforeEach(() => {
    vi.useFakeTimers();
    failed.mockReset();
    host = new HostFolder();
    mkdirSync(host.path('state'));
    path = host.path('state/status.json');
  });
  afterEach(() => {
    vi.useRealTimers();
    host.close();
  });

  it('is written at once and then at most once a second, with the last of what was said, for its owner only', () => {
    const writer = createStatusWriter(path, OWN, failed);
    const commands = (...names: string[]): void => writer.update(() => ({ ...STATUS, commands: names }));
    commands();
    commands('greet');
    vi.advanceTimersByTime(1);
    expect(readRunning(path)).toMatchObject({ ...OWN, pid: process.pid, commands: ['greet'] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    commands('second');
    commands('third');
    vi.advanceTimersByTime(998);
    expect(readRunning(path)?.commands).toEqual(['greet']);
    vi.advanceTimersByTime(2);
    expect(readRunning(path)?.commands).toEqual(['third']);
    commands('later');
    writer.close();
    expect(readRunning(path)?.commands).toEqual(['later']);
    expect(failed).not.toHaveBeenCalled();
  });

  it('SEC-184 a disk that refuses is told once, and no reason to stop', () => {
    const writer = createStatusWriter(path, OWN, failed);
    rmSync(host.path('state'), { recursive: true });
    for (let at = 0; at < 3; at += 1) {
      writer.update(() => STATUS);
      vi.advanceTimersByTime(1_000);
    }
    expect(failed).toHaveBeenCalledTimes(1);
    mkdirSync(host.path('state'));
    writer.update(() => STATUS);
    vi.advanceTimersByTime(1_000);
    expect(readRunning(path)?.pid).toBe(process.pid);
    rmSync(host.path('state'), { recursive: true });
    writer.close();
    expect(failed).toHaveBeenCalledTimes(2);
  });

  it('SEC-182 takes away what a crash left, and nothing that is not that', () => {
    host.write('precious', 'kept');
    host.write('state/status.json.0123456789ab.tmp', 'left');
    symlinkSync(host.path('precious'), host.path('state/status.json.ba9876543210.tmp'));
    for (const name of ['status.json.bak.tmp', 'other.json.0123456789ab.tmp', 'status.json.0123456789abc.tmp'])
      host.write(`state/${name}`, 'kept');
    createStatusWriter(path, OWN, failed);
    expect(readdirSync(host.path('state')).toSorted()).toEqual([
      'other.json.0123456789ab.tmp',
      'status.json.0123456789abc.tmp',
      'status.json.ba9876543210.tmp',
      'status.json.bak.tmp',
    ]);
    expect(readFileSync(host.path('precious'), 'utf8')).toBe('kept');
  });
});
