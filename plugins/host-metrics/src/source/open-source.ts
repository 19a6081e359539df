import type { HostSource } from './host-source.ts';
import { PortableSource } from './portable-source.ts';
import { ProcfsSource } from './procfs-source.ts';

/** The reader for this system: the kernel's files on Linux, `systeminformation` where there are none. */
export function openHostSource(platform: NodeJS.Platform = process.platform): HostSource {
  return platform === 'linux' || platform === 'android' ? new ProcfsSource() : new PortableSource();
}
