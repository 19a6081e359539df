import { readFile, readdir, readlink } from 'node:fs/promises';

const LISTEN = '0A';
const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'] as const;

/** Sockets of a process and its children that wait for somebody (SEC-001), as `tcp 127.0.0.1:80`-like words; none is right. */
export async function listeningSockets(pid: number): Promise<string[]> {
  const inodes = new Set((await Promise.all((await processTree(pid)).map(socketInodes))).flat());
  const found: string[] = [];
  for (const table of TABLES) {
    for (const line of (await read(`/proc/${pid}/net/${table}`)).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/u);
      const [, local = '', remote = '', state = ''] = fields;
      const waits = table.startsWith('tcp') ? state === LISTEN : table.startsWith('raw') || /^0+:0000$/u.test(remote);
      if (waits && inodes.has(fields[9] ?? '')) found.push(`${table} ${local}`);
    }
  }
  return found;
}

async function processTree(pid: number): Promise<number[]> {
  const children = (await read(`/proc/${pid}/task/${pid}/children`))
    .split(' ')
    .filter((part) => part !== '')
    .map(Number);
  return [pid, ...(await Promise.all(children.map(processTree))).flat()];
}

async function socketInodes(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/u.exec(link)?.[1] ?? []);
}

async function read(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
