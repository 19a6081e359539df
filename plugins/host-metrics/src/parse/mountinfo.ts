/** One mount, as the kernel lists it. */
export interface MountEntry {
  /** `major:minor` of the file system; major 0 is a number without a device. */
  readonly deviceNumber: string;
  readonly mountpoint: string;
  readonly type: string;
  /** What was mounted: usually a device path. */
  readonly source: string;
}

const ESCAPES = /(?:\\[0-3][0-7]{2})+/gu;
const DEVICE_NUMBER = /^\d{1,10}:\d{1,10}$/u;

/** Reads `mountinfo` (proc_pid_mountinfo(5)) in its order. A mount hidden by a later one at the same place is left out. */
export function parseMountinfo(text: string): readonly MountEntry[] {
  const byMountpoint = new Map<string, MountEntry>();
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    byMountpoint.delete(entry.mountpoint);
    byMountpoint.set(entry.mountpoint, entry);
  }
  return [...byMountpoint.values()];
}

function parseLine(line: string): MountEntry | undefined {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  const [, , deviceNumber, , mountpoint] = fields;
  const type = fields[separator + 1];
  const source = fields[separator + 2];
  if (separator === -1 || deviceNumber === undefined || !DEVICE_NUMBER.test(deviceNumber)) return undefined;
  if (mountpoint === undefined || type === undefined || type === '' || source === undefined) return undefined;
  const decoded = decodeOctal(mountpoint);
  if (!decoded.startsWith('/')) return undefined;
  return { deviceNumber, mountpoint: decoded, type, source: decodeOctal(source) };
}

/** `\040` and its like are bytes: a run of them is decoded together, as UTF-8. */
function decodeOctal(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(ESCAPES, (run) =>
    Buffer.from(
      run
        .split('\\')
        .slice(1)
        .map((digits) => Number.parseInt(digits, 8)),
    ).toString('utf8'),
  );
}
