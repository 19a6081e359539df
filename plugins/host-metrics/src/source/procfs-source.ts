import { ProcMalformed, ProcUnreadable, RootUnreadable } from '../errors.ts';
import { toMemoryReading } from '../measure/memory-usage.ts';
import type { MemoryReading } from '../measure/memory-usage.ts';
import { toSpace } from '../measure/space.ts';
import type { Space } from '../measure/space.ts';
import { parseDiskstats } from '../parse/diskstats.ts';
import type { BlockDevice } from '../parse/diskstats.ts';
import { parseInterfaceUp } from '../parse/interface-flags.ts';
import { parseLoadavg } from '../parse/loadavg.ts';
import { parseMeminfo } from '../parse/meminfo.ts';
import { parseNetDev } from '../parse/net-dev.ts';
import { parseStat } from '../parse/stat.ts';
import type { CpuReading, DiskReading, FileSystemReading, HostSource, InterfaceReading } from './host-source.ts';
import { monotonicMs } from './monotonic.ts';
import { MountTable } from './mount-table.ts';
import { ProcReader } from './proc-reader.ts';
import { SpaceProbe } from './space-probe.ts';

/** More than any host has of its own; container hosts have thousands, of kinds that are left out. */
const MAX_INTERFACES = 256;

export interface ProcfsOptions {
  /** Default: `/proc` and `/sys`. */
  readonly proc?: string;
  readonly sys?: string;
  readonly probe?: SpaceProbe;
  /** Unix milliseconds. */
  readonly wallMs?: () => number;
  readonly monotonicMs?: () => number;
}

/** Linux, from the kernel's own files: no process, no thread but for statfs(2). */
export class ProcfsSource implements HostSource {
  readonly #reader = new ProcReader();
  readonly #mounts: MountTable;
  readonly #proc: string;
  readonly #sys: string;
  readonly #probe: SpaceProbe;
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  #flagsFiles: ReadonlySet<string> = new Set();

  constructor(options: ProcfsOptions = {}) {
    this.#proc = options.proc ?? '/proc';
    this.#sys = options.sys ?? '/sys';
    this.#probe = options.probe ?? new SpaceProbe();
    this.#wallMs = options.wallMs ?? Date.now;
    this.#monotonicMs = options.monotonicMs ?? monotonicMs;
    this.#mounts = new MountTable(this.#reader, this.#proc);
  }

  async cpu(): Promise<CpuReading> {
    const file = `${this.#proc}/stat`;
    const stat = parseStat(this.#reader.read(file));
    const atMs = this.#monotonicMs();
    if (stat.all === undefined) throw ProcMalformed({ file, missing: 'cpu' });
    if (stat.bootSeconds === undefined) throw ProcMalformed({ file, missing: 'btime' });
    const load = parseLoadavg(this.#reader.read(`${this.#proc}/loadavg`)) ?? [0, 0, 0];
    return { atMs, all: stat.all, cores: stat.cores, load, uptimeSeconds: Math.max(0, this.#wallMs() / 1000 - stat.bootSeconds) };
  }

  async memory(): Promise<MemoryReading> {
    const file = `${this.#proc}/meminfo`;
    const reading = toMemoryReading(parseMeminfo(this.#reader.read(file)));
    if (reading === undefined) throw ProcMalformed({ file, missing: 'MemTotal' });
    return reading;
  }

  async disks({ all }: { readonly all: boolean }): Promise<DiskReading> {
    const root = await this.#root();
    const atMs = this.#monotonicMs();
    if (!all) return { atMs, root, fileSystems: [], unresponsive: [] };
    const blocks = this.#blockDevices();
    const fileSystems: FileSystemReading[] = [];
    const unresponsive: string[] = [];
    for (const { device, deviceNumber, mountpoint, also, type, path } of await this.#mounts.devices(blocks)) {
      const space = path === '/' ? root : await this.#space(path, () => unresponsive.push(mountpoint));
      if (space === undefined) continue;
      const counters = (blocks.get(deviceNumber) ?? byName(blocks, device))?.counters;
      fileSystems.push({ device, mountpoint, also, type, space, ...(counters === undefined ? {} : { counters }) });
    }
    return { atMs, root, fileSystems, unresponsive };
  }

  async interfaces(): Promise<readonly InterfaceReading[]> {
    const listed = parseNetDev(this.#reader.read(`${this.#proc}/net/dev`)).slice(0, MAX_INTERFACES);
    const interfaces = listed.map((counters) => ({ ...counters, flagsFile: `${this.#sys}/class/net/${counters.name}/flags` }));
    this.#forgetFlags(new Set(interfaces.map(({ flagsFile }) => flagsFile)));
    return interfaces.map(({ flagsFile, ...counters }) => ({ ...counters, isUp: this.#isUp(flagsFile) }));
  }

  close(): void {
    this.#reader.close();
  }

  async #root(): Promise<Space> {
    const probe = await this.#probe.ask('/', true);
    if (probe.kind === 'answered') return toSpace(probe.counts);
    throw RootUnreadable({
      path: '/',
      problem: probe.kind === 'failed' ? `could not be asked (${probe.code})` : 'did not answer in time',
    });
  }

  /** Undefined when it cannot be asked, or does not answer: then `onSilence` is told. */
  async #space(path: string, onSilence: () => void): Promise<Space | undefined> {
    const probe = await this.#probe.ask(path);
    if (probe.kind === 'unresponsive') onSilence();
    return probe.kind === 'answered' ? toSpace(probe.counts) : undefined;
  }

  /** Some containers hide it: then there are no rates. */
  #blockDevices(): ReadonlyMap<string, BlockDevice> {
    try {
      return parseDiskstats(this.#reader.read(`${this.#proc}/diskstats`));
    } catch (error) {
      if (ProcUnreadable.is(error)) return new Map();
      throw error;
    }
  }

  /** Flags stay open as long as their interface is listed. */
  #forgetFlags(current: ReadonlySet<string>): void {
    for (const file of this.#flagsFiles) if (!current.has(file)) this.#reader.release(file);
    this.#flagsFiles = current;
  }

  /** An interface that went away since it was listed is down. */
  #isUp(flagsFile: string): boolean {
    try {
      return parseInterfaceUp(this.#reader.read(flagsFile));
    } catch (error) {
      if (ProcUnreadable.is(error)) return false;
      throw error;
    }
  }
}

/** btrfs numbers its file systems apart from the device they are on. */
function byName(blocks: ReadonlyMap<string, BlockDevice>, device: string): BlockDevice | undefined {
  for (const block of blocks.values()) if (`/dev/${block.name}` === device) return block;
  return undefined;
}
