import { createHook } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync, statfsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { defineHostMetrics } from '../src/host-metrics.ts';
import { ProcUnreadable } from '../src/errors.ts';
import { ProcReader } from '../src/source/proc-reader.ts';
import { startPlugin } from './fake-context.ts';
import type { Started } from './fake-context.ts';

const ALL = { per_core: true, filesystems: true, disk_io: true, network: true };

let running: Started | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(): Promise<Started> {
  running = await startPlugin(defineHostMetrics(), ALL);
  return running;
}

/** The kernel files this process has open. */
function openKernelFiles(): string[] {
  const files: string[] = [];
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      files.push(readlinkSync(`/proc/self/fd/${descriptor}`));
    } catch (error) {
      // The descriptor that listed the folder is closed by now.
      expect(error).toHaveProperty('code', 'ENOENT');
    }
  }
  return files.filter((file) =>
    /^\/(?:proc|sys)\/.*\/?(?:stat|meminfo|loadavg|mountinfo|filesystems|diskstats|dev|flags)$/u.test(file),
  );
}

function kilobytes(name: string): number {
  return Number(new RegExp(`^${name}: +(\\d+) kB$`, 'mu').exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
}

describe('on this host', () => {
  test('E1: the first push has all of v1’s figures, and they are this host’s', async () => {
    const plugin = await start();
    const v1 = plugin.v1(await plugin.push());
    expect(Object.keys(v1).sort()).toEqual([
      'cpu_percent',
      'disk_percent',
      'disk_total_gb',
      'disk_used_gb',
      'load_avg_1m',
      'load_avg_5m',
      'memory_percent',
      'memory_total_mb',
      'memory_used_mb',
      'uptime_seconds',
    ]);
    expect(v1['memory_total_mb']).toBe(kilobytes('MemTotal') / 1024);
    expect(v1['memory_used_mb']).toBeLessThan(kilobytes('MemTotal') / 1024);
    const root = statfsSync('/');
    expect(v1['disk_total_gb']).toBe((root.blocks * root.bsize) / 1024 ** 3);
    const percent = (100 * (root.blocks - root.bfree)) / (root.blocks - root.bfree + root.bavail);
    expect(Math.abs(Number(v1['disk_percent']) - percent)).toBeLessThan(1);
    const boot = Number(/^btime (\d+)$/mu.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    expect(boot + Number(v1['uptime_seconds'])).toBeLessThanOrEqual(Date.now() / 1000 + 1);
    expect(Number(v1['uptime_seconds'])).toBeGreaterThan(0);
    for (const name of ['cpu_percent', 'memory_percent', 'disk_percent']) {
      expect(v1[name]).toBe(Number(Number(v1[name]).toFixed(1)));
      expect(Number(v1[name]) >= 0 && Number(v1[name]) <= 100).toBe(true);
    }
  });

  test('state and gauges hold only finite numbers', async () => {
    const plugin = await start();
    const states = await plugin.push();
    for (const [id, spec] of plugin.specs) {
      const text = JSON.stringify(states.get(id));
      expect(JSON.parse(text)).toEqual(states.get(id));
      for (const gauge of Object.values(spec.gauges ?? {})) expect(Number.isFinite(gauge.value(states.get(id)))).toBe(true);
    }
    expect(states.get('cpu')).toMatchObject({ core_count: readFileSync('/proc/stat', 'utf8').match(/^cpu\d/gmu)?.length });
  });

  test('a sample spawns no process', async () => {
    const plugin = await start();
    const spawned: string[] = [];
    const hook = createHook({ init: (_id, type) => void (type === 'PROCESSWRAP' && spawned.push(type)) }).enable();
    try {
      await plugin.push();
    } finally {
      hook.disable();
    }
    expect(spawned).toEqual([]);
  });

  test('files stay open between samples, no more of them each time, and none after the stop', async () => {
    expect(openKernelFiles()).toEqual([]);
    const plugin = await start();
    await plugin.push();
    const held = openKernelFiles();
    expect(held).toContain('/proc/stat');
    await plugin.push();
    await plugin.start();
    await plugin.push();
    expect(openKernelFiles().sort()).toEqual(held.sort());
    await plugin.stop();
    await plugin.stop();
    expect(openKernelFiles()).toEqual([]);
    await expect(plugin.push()).rejects.toThrow('not running');
    expect(openKernelFiles()).toEqual([]);
  });

  test('a file that has gone stale is closed, opened anew, and missed by name', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const file = `/proc/${child.pid}/stat`;
    const reader = new ProcReader();
    try {
      expect(reader.read(file)).toMatch(/^\d+ \(/u);
      expect(openKernelFiles()).toEqual([file]);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    expect(() => reader.read(file)).toThrow(file);
    expect(openKernelFiles()).toEqual([]);
    try {
      reader.read(file);
      expect.unreachable();
    } catch (error) {
      expect(ProcUnreadable.is(error)).toBe(true);
    }
    reader.close();
  });

  test('two plugins in one process share nothing', async () => {
    const first = await start();
    const second = await startPlugin(defineHostMetrics(), { ...ALL, network: false });
    await second.stop();
    expect((await first.push()).has('network')).toBe(true);
    expect(second.specs.has('network')).toBe(false);
  });
});
