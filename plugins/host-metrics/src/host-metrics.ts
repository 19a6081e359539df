import { setTimeout as sleep } from 'node:timers/promises';
import { API_VERSION } from '@stormpulse/sdk';
import type { PluginDefinition } from '@stormpulse/sdk';
import { createCpuCollector } from './collectors/cpu.ts';
import { createDiskCollector } from './collectors/disk.ts';
import { createMemoryCollector } from './collectors/memory.ts';
import { createNetworkCollector } from './collectors/network.ts';
import { configSchema } from './config.ts';
import { MetricsStopped } from './errors.ts';
import type { HostSource } from './source/host-source.ts';
import { openHostSource } from './source/open-source.ts';

/** The plugin as data; `open` gives the reader of the host, once a start. */
export function defineHostMetrics(open: () => HostSource = openHostSource): PluginDefinition<typeof configSchema> {
  return {
    name: 'host-metrics',
    version: '0.1.0',
    apiVersion: API_VERSION,
    description: 'CPU, memory, disks, network, load and uptime of this host.',
    configSchema,
    capabilities: () => ({ read: ['/proc', '/sys/class/net'] }),
    setup({ config, collectors, lifecycle, signal: stopping }) {
      let opened: HostSource | undefined;
      const close = (): void => {
        opened?.close();
        opened = undefined;
      };
      const source = (): HostSource => {
        if (opened === undefined) throw MetricsStopped({});
        return opened;
      };

      // Registered first, so that it is released after the collectors are.
      lifecycle.defer(close);
      const cpu = createCpuCollector({
        source,
        perCore: config.per_core,
        sleep: async (ms, signal) => await sleep(ms, undefined, { signal: AbortSignal.any([signal, stopping]) }),
      });
      collectors.register(cpu.collector);
      collectors.register(createMemoryCollector(source));
      collectors.register(createDiskCollector({ source, fileSystems: config.filesystems, io: config.disk_io }));
      if (config.network) collectors.register(createNetworkCollector(source));

      lifecycle.onStart(async () => {
        close();
        opened = open();
        await cpu.prime();
      });
    },
  };
}
