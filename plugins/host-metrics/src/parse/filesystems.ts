/** Types that sit on no disk of their own, or repeat one that is listed already (VM operations page, section 6.3). */
const EXCLUDED: ReadonlySet<string> = new Set(
  (
    'tmpfs devtmpfs proc sysfs devpts cgroup cgroup2 pstore hugetlbfs mqueue debugfs tracefs securityfs ' +
    'fusectl configfs bpf overlay squashfs efivarfs'
  ).split(' '),
);

/** Reads `/proc/filesystems`: the types that need a device, and zfs, less the excluded ones. */
export function parseFilesystems(text: string): ReadonlySet<string> {
  const types = new Set(['zfs']);
  for (const line of text.split('\n')) {
    const [flag, type, ...rest] = line.trimEnd().split('\t');
    if (flag === '' && type !== undefined && type !== '' && rest.length === 0 && !EXCLUDED.has(type)) types.add(type);
  }
  return types;
}
