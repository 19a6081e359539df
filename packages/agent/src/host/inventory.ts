import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Payloads } from '@stormpulse/protocol';

type Inventory = NonNullable<Payloads['register']['system_inventory']>;

/** The operating system as `register` tells it (wire page, 7.3); what cannot be read is left out, nothing is run. */
export function readInventory(osReleasePath = '/etc/os-release'): Inventory {
  const os = readOsRelease(osReleasePath);
  return { ...(os === undefined ? {} : { os }), kernel: release() };
}

function readOsRelease(path: string): Inventory['os'] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0 && !line.startsWith('#'))
      values.set(
        line.slice(0, equals),
        line
          .slice(equals + 1)
          .trim()
          .replaceAll(/^"|"$/gu, '')
          .replaceAll(/^'|'$/gu, ''),
      );
  }
  const pick = (name: 'id' | 'version' | 'pretty', key: string): object => (values.has(key) ? { [name]: values.get(key) } : {});
  const os = { ...pick('id', 'ID'), ...pick('version', 'VERSION_ID'), ...pick('pretty', 'PRETTY_NAME') };
  return Object.keys(os).length === 0 ? undefined : os;
}
