import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const TCP_LISTEN = '0A';
const NO_PEER = /^0+:0000$/u;
const ACCEPTS = 0x10000;

/**
 * The sockets of a process and all below it that somebody could connect or send to (SEC-001), one text each, read from
 * /proc: TCP that listens, UDP without a peer, raw and packet sockets, unix sockets that accept.
 */
export function listeningSockets(rootPid: number): string[] {
  return treeOf(rootPid).flatMap((pid) => {
    const own = socketInodes(pid);
    return open(pid).flatMap(({ what, inode }) => (own.has(inode) ? [`pid ${pid}: ${what}`] : []));
  });
}

/** A process and everything it started. */
export function treeOf(rootPid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const tree = [rootPid];
  for (const pid of tree) tree.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child));
  return tree;
}

function parentOf(pid: string): number {
  return Number(/\nPPid:\s+(\d+)/u.exec(quietly(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '')?.[1] ?? -1);
}

function socketInodes(pid: number): ReadonlySet<string> {
  const links = (quietly(() => readdirSync(`/proc/${pid}/fd`)) ?? []).map(
    (fd) => quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '',
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/u.exec(link)?.[1] ?? []));
}

function open(pid: number): { readonly what: string; readonly inode: string }[] {
  const rows = (table: string): string[][] =>
    (quietly(() => readFileSync(`/proc/${pid}/net/${table}`, 'utf8')) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/u));
  const internet = (table: string, reachable: (row: readonly string[]) => boolean): { what: string; inode: string }[] =>
    rows(table).flatMap((row) => (reachable(row) ? [{ what: `${table} ${row[1] ?? ''}`, inode: row[9] ?? '' }] : []));
  return [
    ...['tcp', 'tcp6'].flatMap((table) => internet(table, (row) => row[3] === TCP_LISTEN)),
    ...['udp', 'udp6', 'udplite', 'udplite6'].flatMap((table) => internet(table, (row) => NO_PEER.test(row[2] ?? ''))),
    ...['raw', 'raw6'].flatMap((table) => internet(table, () => true)),
    ...rows('packet').map((row) => ({ what: 'packet', inode: row[8] ?? '' })),
    ...rows('unix').flatMap((row) =>
      (Number.parseInt(row[3] ?? '0', 16) & ACCEPTS) === 0 ? [] : [{ what: `unix ${row[7] ?? ''}`, inode: row[6] ?? '' }],
    ),
  ];
}

/** A process may end while it is looked at. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
