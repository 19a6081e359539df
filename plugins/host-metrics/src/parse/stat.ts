import { toCount, toCounts } from './count.ts';

/** Ticks since boot: user, nice, system, idle, iowait, irq, softirq, steal. Guest times are inside user and nice (proc_stat(5)). */
export type CpuTimes = readonly [number, number, number, number, number, number, number, number];

export interface Stat {
  /** The line of all CPUs together. */
  readonly all: CpuTimes | undefined;
  /** By the kernel's CPU number; CPUs that are off are absent. */
  readonly cores: ReadonlyMap<number, CpuTimes>;
  /** Unix seconds of the boot. */
  readonly bootSeconds: number | undefined;
}

const CPU_LINE = /^cpu(\d{0,6}) +(\d[\d ]*)$/u;
const TIMES = 8;

/** Reads `/proc/stat`. Lines it cannot read are passed over. */
export function parseStat(text: string): Stat {
  let all: CpuTimes | undefined;
  const cores = new Map<number, CpuTimes>();
  // The interrupt lines after the CPUs can be a hundred times longer than they are; they are never split.
  for (let at = 0; text.startsWith('cpu', at);) {
    const end = text.indexOf('\n', at);
    const match = CPU_LINE.exec(text.slice(at, end === -1 ? text.length : end).trimEnd());
    const times = match === null ? undefined : toTimes(match[2] ?? '');
    if (times !== undefined && match?.[1] === '') all = times;
    else if (times !== undefined) cores.set(Number(match?.[1]), times);
    if (end === -1) break;
    at = end + 1;
  }
  return { all, cores, bootSeconds: bootSeconds(text) };
}

/** Kernels before 2.6.11 print fewer columns; what is missing never grew. */
function toTimes(columns: string): CpuTimes | undefined {
  const counts = toCounts(columns.split(/ +/u).slice(0, TIMES));
  if (counts === undefined || counts.length < 4) return undefined;
  while (counts.length < TIMES) counts.push(0);
  return counts as unknown as CpuTimes;
}

function bootSeconds(text: string): number | undefined {
  const start = text.startsWith('btime ') ? 0 : text.indexOf('\nbtime ') + 1;
  if (start === 0 && !text.startsWith('btime ')) return undefined;
  const end = text.indexOf('\n', start);
  return toCount(text.slice(start + 'btime '.length, end === -1 ? text.length : end).trim());
}
