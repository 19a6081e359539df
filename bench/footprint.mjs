import { readdirSync, readFileSync } from 'node:fs';

const MB = 1024;
const NS_PER_MS = 1e6;

/** Memory of a process in MB (1,048,576 bytes), as the kernel sums it over its mappings. */
export function memoryOf(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(rollup)[1]) / MB;
  const rss = field('Rss');
  return { privateDirty: field('Private_Dirty'), rss, resident: rss - field('Private_Clean') };
}

/** CPU time of a process so far, in milliseconds, user and system, summed over its threads. */
export function cpuMsOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + threadMs(pid, thread), 0);
}

/** `schedstat` counts nanoseconds; the fields of `stat` count the same in ticks of 10 ms, too coarse for an idle process. */
function threadMs(pid, thread) {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]) / NS_PER_MS;
}
