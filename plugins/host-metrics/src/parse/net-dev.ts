import { toCounts } from './count.ts';

/** Totals of one interface since it appeared. */
export interface InterfaceCounters {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDrops: number;
}

/** Interfaces of containers, bridges and VLANs repeat what the real one counts (VM operations page, section 6.4). */
const EXCLUDED_PREFIXES = ['docker', 'veth', 'br-', 'virbr', 'vlan'] as const;
const NAME = /^[^\s/:]{1,64}$/u;
const COLUMNS = 16;

/** Reads `/proc/net/dev` in its order, less loopback and the excluded prefixes. Lines it cannot read are passed over. */
export function parseNetDev(text: string): readonly InterfaceCounters[] {
  const interfaces: InterfaceCounters[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!isCounted(name)) continue;
    const counts = toCounts(
      line
        .slice(colon + 1)
        .trim()
        .split(/\s+/u),
    );
    if (counts !== undefined && counts.length >= COLUMNS) interfaces.push(toInterface(name, counts));
  }
  return interfaces;
}

/** True for an interface whose traffic is the host's own. */
export function isCounted(name: string): boolean {
  if (!NAME.test(name) || name === 'lo' || name === '.' || name === '..') return false;
  return !EXCLUDED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function toInterface(name: string, counts: readonly number[]): InterfaceCounters {
  const [receivedBytes = 0, receivedPackets = 0, receiveErrors = 0, receiveDrops = 0] = counts;
  const [sentBytes = 0, sentPackets = 0, sendErrors = 0, sendDrops = 0] = counts.slice(8);
  return { name, receivedBytes, receivedPackets, receiveErrors, receiveDrops, sentBytes, sentPackets, sendErrors, sendDrops };
}
