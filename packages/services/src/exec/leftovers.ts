import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { quietly } from './quietly.ts';

/** Stands in the environment of every child: what it starts carries it along, whatever group or session that moves to. */
const CALL_VARIABLE = 'STORMPULSE_CALL';

/** One child and all that came from it: the group it leads, and what carries its mark. */
export interface CallMark {
  readonly environment: Readonly<Record<string, string>>;
  readonly entry: string;
}

export function newMark(): CallMark {
  const value = randomUUID();
  return { environment: { [CALL_VARIABLE]: value }, entry: `${CALL_VARIABLE}=${value}` };
}

/**
 * Signals what carries the mark and is outside `group`, which is signalled as one (SEC-121). Answers how many there were.
 * Node has no pidfd, so each is looked at again right before its signal: the same start time, still marked. A process that
 * replaced its own environment is not found; the service manager's control group is the net behind this one.
 */
export function signalMarked(mark: CallMark, group: number, signal: 'SIGTERM' | 'SIGKILL'): number {
  const found = processIds().filter((pid) => {
    const seen = look(pid);
    if (seen === undefined || seen.group === group || !carries(pid, mark.entry)) return false;
    return look(pid)?.started === seen.started && signalOne(pid, signal);
  });
  return found.length;
}

function processIds(): number[] {
  return (quietly(() => readdirSync('/proc')) ?? []).filter((name) => /^\d+$/u.test(name)).map(Number);
}

/** Process group and start time, in clock ticks since boot; undefined for what is gone or only waits to be reaped. */
function look(pid: number): { readonly group: number; readonly started: string } | undefined {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat === undefined) return undefined;
  // The second field is the program's name in brackets, which may hold spaces and brackets itself (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : { group: Number(fields[2]), started: fields[19] ?? '' };
}

function carries(pid: number, entry: string): boolean {
  const environment = quietly(() => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  return environment?.split('\0').includes(entry) === true;
}

function signalOne(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  return quietly(() => process.kill(pid, signal)) !== undefined;
}
