import { existsSync, readFileSync } from 'node:fs';

/** The id of a group by name, from /etc/group; undefined when there is none. */
export function groupId(name: string, file = '/etc/group'): number | undefined {
  if (!existsSync(file)) return undefined;
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const text = line?.split(':')[2] ?? '';
  return /^\d+$/u.test(text) ? Number(text) : undefined;
}
