import { readFileSync } from 'node:fs';

/** The id of a group by name, from /etc/group; undefined when there is none. */
export function groupId(name: string, file = '/etc/group'): number | undefined {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const id = Number(line?.split(':')[2]);
  return Number.isInteger(id) ? id : undefined;
}
