import type { CpuTimes } from '../parse/stat.ts';

const IDLE = 3;
const IOWAIT = 4;

/**
 * Percent of the time between two readings that was not idle, 0 to 100, unrounded (wire page 7.1, VM operations page 6.1).
 * A column that went back (iowait does, and a CPU that was off) counts as not having moved.
 */
export function cpuUsagePct(before: CpuTimes, after: CpuTimes): number {
  let total = 0;
  let idle = 0;
  for (const [column, ticks] of after.entries()) {
    const grown = Math.max(0, ticks - (before[column] ?? 0));
    total += grown;
    if (column === IDLE || column === IOWAIT) idle += grown;
  }
  return total === 0 ? 0 : (100 * (total - idle)) / total;
}

export interface CoreUsage {
  /** The kernel's CPU number. */
  readonly id: number;
  readonly usage_pct: number;
}

/** Usage of each CPU that is in both readings; one that has just come on is left out once. */
export function coreUsages(before: ReadonlyMap<number, CpuTimes>, after: ReadonlyMap<number, CpuTimes>): CoreUsage[] {
  const usages: CoreUsage[] = [];
  for (const [id, times] of after) {
    const earlier = before.get(id);
    if (earlier !== undefined) usages.push({ id, usage_pct: cpuUsagePct(earlier, times) });
  }
  return usages;
}
