import type { Report, Window } from '../case-file.ts';
import type { Outside } from '../outside.ts';
import { local } from '../window.ts';

const SUSPECT = 'CPU stolen or waiting for disks, at this moment';
const STEAL_PERCENT = 10;
const IOWAIT_PERCENT = 25;
const SAMPLE_MS = 1_000;

/** One second of now; of the rest of the window nothing is left to see. */
export async function investigateCpu(outside: Outside, { until }: Window): Promise<Report> {
  if (until < outside.now() - SAMPLE_MS)
    return {
      suspect: SUSPECT,
      verdict: 'INCONCLUSIVE',
      evidence: 'only the present can be sampled, and the window is past',
      remedy: 'sar -u',
    };
  const before = sample(outside);
  await outside.wait(SAMPLE_MS);
  const after = sample(outside);
  if (before === undefined || after === undefined)
    return { suspect: SUSPECT, verdict: 'INCONCLUSIVE', evidence: '/proc/stat could not be read', remedy: 'vmstat 1 2' };
  const total = Math.max(1, after.total - before.total);
  const percent = (part: 'steal' | 'iowait'): number => Math.round((100 * (after[part] - before[part])) / total);
  const [steal, iowait] = [percent('steal'), percent('iowait')];
  const isStolen = steal >= STEAL_PERCENT;
  const isImplicated = isStolen || iowait >= IOWAIT_PERCENT;
  const remedy = isStolen ? 'vmstat 1 10 (column st); the provider shares the CPU of this machine too far' : 'iostat -x 1 10';
  return {
    suspect: SUSPECT,
    verdict: isImplicated ? 'IMPLICATED' : 'CLEARED',
    evidence: `steal ${steal} % (limit ${STEAL_PERCENT}), iowait ${iowait} % (limit ${IOWAIT_PERCENT}) over 1 s at ${local(outside.now())}`,
    detail: 'one second of now; it says nothing of the hours before',
    ...(isImplicated ? { remedy } : {}),
  };
}

function sample({ read }: Outside): { readonly total: number; readonly steal: number; readonly iowait: number } | undefined {
  const line = read('/proc/stat')?.toString('latin1').split('\n')[0] ?? '';
  if (!line.startsWith('cpu ')) return undefined;
  // user nice system idle iowait irq softirq steal; guest time is counted in user already (proc(5)).
  const ticks = line.trim().split(/\s+/u).slice(1, 9).map(Number);
  return { total: ticks.reduce((sum, tick) => sum + tick, 0), iowait: ticks[4] ?? 0, steal: ticks[7] ?? 0 };
}
