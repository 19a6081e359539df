import { investigateCpu } from './box/cpu.ts';
import { investigateDiskLatency } from './box/disk-latency.ts';
import { investigateKernelLog } from './box/kernel-log.ts';
import { investigatePackages } from './box/packages.ts';
import { investigateReboots } from './box/reboots.ts';
import type { CaseFile, Window } from './case-file.ts';
import type { Outside } from './outside.ts';

/** Whether the machine itself is to blame. */
export async function investigateBox(
  outside: Outside,
  window: Window,
): Promise<Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'>> {
  const reports = [
    await investigateCpu(outside, window),
    await investigateReboots(outside, window),
    investigatePackages(outside, window),
    await investigateDiskLatency(outside, window),
    await investigateKernelLog(outside, window),
  ];
  const isClear = reports.every(({ verdict }) => verdict === 'CLEARED');
  return {
    reports,
    nextMoves: isClear ? ['stormpulse investigate flaps'] : [],
    openQuestions: reports.some(({ suspect, verdict }) => suspect === 'unplanned reboot' && verdict === 'IMPLICATED')
      ? ['Did somebody restart this machine on purpose?']
      : [],
  };
}
