import { cpus, loadavg, uptime } from 'node:os';
import type * as Library from 'systeminformation';
import { MetricsStopped, RootUnreadable } from '../errors.ts';
import type { MemoryReading } from '../measure/memory-usage.ts';
import type { Space } from '../measure/space.ts';
import { isCounted } from '../parse/net-dev.ts';
import type { CpuTimes } from '../parse/stat.ts';
import type { CpuReading, DiskReading, FileSystemReading, HostSource, InterfaceReading } from './host-source.ts';
import { monotonicMs } from './monotonic.ts';

const TIMES = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Any system without `/proc`: Node's own figures, and `systeminformation` for the rest, loaded at the first use. No disk rates. */
export class PortableSource implements HostSource {
  #closed = false;

  async cpu(): Promise<CpuReading> {
    this.#assertRunning();
    const cores = new Map<number, CpuTimes>(
      cpus().map(({ times }, id) => [id, [times.user, times.nice, times.sys, times.idle, 0, times.irq, 0, 0]]),
    );
    const sum = TIMES.map((column) => [...cores.values()].reduce((total, times) => total + times[column], 0));
    const [one = 0, five = 0, fifteen = 0] = loadavg();
    return {
      atMs: monotonicMs(),
      all: sum as unknown as CpuTimes,
      cores,
      load: [one, five, fifteen],
      uptimeSeconds: uptime(),
    };
  }

  async memory(): Promise<MemoryReading> {
    const { mem } = await this.#library();
    const { total, available, free, buffers, cached, slab, reclaimable, swaptotal, swapfree } = await mem();
    return {
      total,
      available,
      free,
      buffers,
      cached,
      slab,
      slabReclaimable: reclaimable,
      swapTotal: swaptotal,
      swapFree: swapfree,
    };
  }

  async disks({ all }: { readonly all: boolean }): Promise<DiskReading> {
    const { fsSize } = await this.#library();
    const sizes = await fsSize();
    const fileSystems = sizes.map(({ fs, mount, type, size, used, available }): FileSystemReading => {
      const usage = used + available === 0 ? 0 : (100 * used) / (used + available);
      const space: Space = { total_bytes: size, used_bytes: used, available_bytes: available, usage_pct: usage };
      return { device: fs, mountpoint: mount, also: [], type, space };
    });
    const root = fileSystems.find(({ mountpoint }) => mountpoint === '/') ?? fileSystems[0];
    if (root === undefined) throw RootUnreadable({ path: '/', problem: 'is not listed by this system' });
    return { atMs: monotonicMs(), root: root.space, fileSystems: all ? fileSystems : [], unresponsive: [] };
  }

  async interfaces(): Promise<readonly InterfaceReading[]> {
    const { networkStats } = await this.#library();
    const stats = await networkStats('*');
    return stats
      .filter(({ iface }) => isCounted(iface))
      .map((one) => ({
        name: one.iface,
        receivedBytes: one.rx_bytes,
        receiveErrors: one.rx_errors,
        receiveDrops: one.rx_dropped,
        sentBytes: one.tx_bytes,
        sendErrors: one.tx_errors,
        sendDrops: one.tx_dropped,
        isUp: one.operstate === 'up',
      }));
  }

  close(): void {
    this.#closed = true;
  }

  async #library(): Promise<typeof Library> {
    this.#assertRunning();
    return await import('systeminformation');
  }

  #assertRunning(): void {
    if (this.#closed) throw MetricsStopped({});
  }
}
