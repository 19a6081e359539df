import { closeSync, readFileSync, readdirSync } from 'node:fs';
import { quietly } from './quietly.ts';

const O_CLOEXEC = 0o2_000_000;
const FIRST_BEYOND_STDIO = 3;

/**
 * Descriptors above 2 that a child of this process would get. Node opens its own with O_CLOEXEC, so these came from
 * whoever started it: a shell, a supervisor.
 */
export function inheritedDescriptors(): readonly number[] {
  return (quietly(() => readdirSync('/proc/self/fd')) ?? [])
    .map(Number)
    .filter((fd) => fd >= FIRST_BEYOND_STDIO && !closesOnExec(fd));
}

/** Closes them, so that no command sees what the agent's starter had open (SEC-123). Before anything else is opened. */
export function closeInheritedDescriptors(): void {
  // A channel to a parent process that is Node is in use, and in nobody else's way.
  if (process.channel !== undefined && process.channel !== null) return;
  for (const fd of inheritedDescriptors()) quietly(() => closeSync(fd));
}

function closesOnExec(fd: number): boolean {
  const info = quietly(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
  const flags = /^flags:\s*([0-7]+)$/mu.exec(info ?? '')?.[1];
  return flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}
