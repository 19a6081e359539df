import { realpath, stat } from 'node:fs/promises';
import { ProcUnreadable } from '../errors.ts';
import type { BlockDevice } from '../parse/diskstats.ts';
import { parseFilesystems } from '../parse/filesystems.ts';
import { parseMountinfo } from '../parse/mountinfo.ts';
import type { MountEntry } from '../parse/mountinfo.ts';
import type { ProcReader } from './proc-reader.ts';

export interface MountedDevice {
  /** A path such as `/dev/vda1`, or the pool and name of a zfs file system. */
  readonly device: string;
  readonly deviceNumber: string;
  readonly mountpoint: string;
  readonly also: readonly string[];
  readonly type: string;
  /** Where to ask for its size: the mountpoint, seen from the process whose mounts were read. */
  readonly path: string;
}

interface View {
  readonly list: string;
  /** What its mountpoints are seen through. */
  readonly root: string;
  /** Whether `/` there is `/` here. */
  readonly sameRoot: boolean;
}

/** States stay small on hosts that mount one device hundreds of times. */
const MAX_DEVICES = 256;
const MAX_ALSO = 32;

/** The real file systems of the host. Works only when the kernel's list has changed. */
export class MountTable {
  readonly #reader: ProcReader;
  readonly #proc: string;
  #view: View | undefined;
  #text: string | undefined;
  #devices: readonly MountedDevice[] = [];

  constructor(reader: ProcReader, proc: string) {
    this.#reader = reader;
    this.#proc = proc;
  }

  /** Each device once, at its first mountpoint, in the kernel's order; empty when no list can be read. */
  async devices(blocks: ReadonlyMap<string, BlockDevice>): Promise<readonly MountedDevice[]> {
    this.#view ??= await chooseView(this.#proc);
    const { list } = this.#view;
    const text = orEmpty(() => this.#reader.read(list));
    if (text === this.#text) return this.#devices;
    const types = parseFilesystems(orEmpty(() => this.#reader.readOnce(`${this.#proc}/filesystems`)));
    const entries = parseMountinfo(text).filter((entry) => entry.source !== 'none' && types.has(entry.type));
    this.#devices = await groupByDevice(entries, blocks, this.#view);
    this.#text = text;
    return this.#devices;
  }
}

/** What cannot be read lists nothing; the root file system is reported all the same. */
function orEmpty(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (ProcUnreadable.is(error)) return '';
    throw error;
  }
}

/**
 * The mounts of process 1 are the host's, ours may be a sandbox's. But anyone may read that list and only root may follow
 * it: a size asked for at the same path in a sandbox can be another file system's, so list and root always go together.
 */
async function chooseView(proc: string): Promise<View> {
  const root = `${proc}/1/root`;
  try {
    const [theirs, ours] = await Promise.all([stat(`${root}/`), stat('/')]);
    return { list: `${proc}/1/mountinfo`, root, sameRoot: theirs.dev === ours.dev && theirs.ino === ours.ino };
  } catch (error) {
    if (error instanceof Error) return { list: `${proc}/self/mountinfo`, root: '', sameRoot: true };
    throw error;
  }
}

async function groupByDevice(
  entries: readonly MountEntry[],
  blocks: ReadonlyMap<string, BlockDevice>,
  { root, sameRoot }: View,
): Promise<readonly MountedDevice[]> {
  const groups = new Map<string, MountedDevice & { readonly also: string[] }>();
  for (const { deviceNumber, mountpoint, type, source } of entries) {
    const device = await deviceName(source, blocks.get(deviceNumber));
    const group = groups.get(device);
    if (group === undefined && groups.size < MAX_DEVICES) {
      const path = sameRoot && mountpoint === '/' ? '/' : `${root}${mountpoint}`;
      groups.set(device, { device, deviceNumber, mountpoint, also: [], type, path });
    } else if (group !== undefined && group.also.length < MAX_ALSO) group.also.push(mountpoint);
  }
  return [...groups.values()];
}

/** By its number where the kernel counts it (that settles `/dev/root` and `/dev/mapper/…`), else where its path leads. */
async function deviceName(source: string, block: BlockDevice | undefined): Promise<string> {
  if (block !== undefined) return `/dev/${block.name}`;
  if (!source.startsWith('/dev/')) return source;
  try {
    return await realpath(source);
  } catch (error) {
    if (error instanceof Error) return source;
    throw error;
  }
}
