import { readFileSync } from 'node:fs';
import { conformance, createHarness } from '@stormpulse/sdk/testing';
import { describe, expect, test, vi } from 'vitest';
import hostMetrics from '../src/index.ts';

const pkg = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { name: string; version: string };

describe('conformance', () => {
  conformance(hostMetrics, {
    config: {},
    pkg,
    folder: new URL('../', import.meta.url),
    built: new URL('../dist/index.js', import.meta.url),
    // The agent takes its own two keys out of the table.
    example: ({ metrics }) => {
      const { push_interval_seconds: _, collect_containers: __, ...own } = metrics as Record<string, unknown>;
      return own;
    },
  });
});

/** Far above what it takes: this bounds a failure, it measures nothing. */
const PATIENCE = { timeout: 20_000 };

const V1_NUMBERS = [
  'cpu_percent',
  'memory_percent',
  'memory_used_mb',
  'memory_total_mb',
  'disk_percent',
  'disk_used_gb',
  'disk_total_gb',
  'load_avg_1m',
  'load_avg_5m',
  'uptime_seconds',
] as const;

test('E1, E2: the hub gets all of v1’s fields, no container, and the detail as state', async () => {
  await using harness = await createHarness(hostMetrics);
  // The kernel's clock is played, the window of the first CPU reading is the host's own time.
  await vi.waitFor(async () => {
    await harness.advance(15_000);
    for (const field of V1_NUMBERS) expect(harness.metrics?.[field]).toBeTypeOf('number');
  }, PATIENCE);
  expect(harness.metrics?.['containers']).toEqual([]);
  for (const area of ['cpu', 'memory', 'disk', 'network']) expect(harness.state(`host-metrics.${area}`)).toBeTypeOf('object');
});

test('what the operator switched off is not published', async () => {
  await using harness = await createHarness(hostMetrics, { config: { network: false, filesystems: false } });
  await vi.waitFor(async () => {
    await harness.advance(15_000);
    expect(harness.state('host-metrics.disk')).toBeTypeOf('object');
  }, PATIENCE);
  expect(harness.state('host-metrics.disk')).not.toHaveProperty('disks');
  expect(harness.state('host-metrics.network')).toBeUndefined();
});

test('a misspelt key is refused by name', async () => {
  await expect(createHarness(hostMetrics, { config: { per_cores: true } })).rejects.toThrow('per_cores');
});
