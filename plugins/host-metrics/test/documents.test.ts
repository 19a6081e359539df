import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../src/config.ts';
import { defineHostMetrics } from '../src/host-metrics.ts';
import { startPlugin } from './fake-context.ts';
import { FakeSource } from './fake-source.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const example = readFileSync(new URL('../config.example.toml', import.meta.url), 'utf8');
const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const KERNELS = ['push_interval_seconds', 'collect_containers'];

describe('the plugin', () => {
  test('has the version of its package, and asks to read only', () => {
    const plugin = defineHostMetrics();
    expect(manifest).toHaveProperty('version', plugin.version);
    expect(plugin.capabilities({ per_core: true, filesystems: true, disk_io: true, network: true })).toEqual({
      read: ['/proc', '/sys/class/net'],
    });
  });

  test('refuses unknown keys and every key has a default', () => {
    expect(configSchema.additionalProperties).toBe(false);
    for (const key of Object.values(configSchema.properties)) expect(key.default).toBe(true);
  });

  test('takes its first CPU reading at each start, and closes what an earlier start opened', async () => {
    const opened: FakeSource[] = [];
    const definition = defineHostMetrics(() => {
      const source = new FakeSource().tells(0, [0, 0]);
      opened.push(source);
      return source;
    });
    const plugin = await startPlugin(definition, { per_core: true, filesystems: true, disk_io: true, network: true });
    await plugin.start();
    await plugin.stop();
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1]);
    expect(opened.map(({ cpuReadings }) => cpuReadings.length)).toEqual([0, 0]);
  });
});

describe('the example', () => {
  test('shows every key with its default, commented out, and no other key', () => {
    const shown = [...example.matchAll(/^# ?([a-z_]+) = (\S+)$/gmu)].map(([, key, value]) => [key, value]);
    const defaults = Object.entries(configSchema.properties).map(([key, schema]) => [key, String(schema.default)]);
    expect(shown).toEqual(defaults);
    expect([...example.matchAll(/^([a-z_]+) = /gmu)].map(([, key]) => key)).toEqual(KERNELS);
  });
});

describe('the README', () => {
  test('has a row for every key of the configuration and every gauge, with its unit', async () => {
    const definition = defineHostMetrics(() => new FakeSource().tells(0, [0, 0]));
    const plugin = await startPlugin(definition, { per_core: true, filesystems: true, disk_io: true, network: true });
    for (const key of Object.keys(configSchema.properties)) expect(readme).toContain(`| \`${key}\` | boolean | \`true\` |`);
    for (const spec of plugin.specs.values()) {
      for (const [name, { unit, help }] of Object.entries(spec.gauges ?? {})) {
        expect(readme).toContain(`| \`${name}\` | \`${unit}\` | ${help} |`);
      }
      for (const field of Object.keys(spec.state['properties'] as object)) expect(readme).toContain(`\`${field}`);
    }
    await plugin.stop();
  });
});
