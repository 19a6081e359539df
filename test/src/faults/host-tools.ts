import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The path of a system program. Throws with what brings it. */
export function tool(name: string, debianPackage: string): string {
  const found = PLACES.map((place) => `${place}/${name}`).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed; bash test/testbed/faults.sh brings it (${debianPackage})`);
  return found;
}

/** Runs a program to its end; throws with its own words. */
export function must(file: string, args: readonly string[], input?: string): string {
  return execFileSync(file, args, {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  });
}

export function needRoot(what: string): void {
  if (process.geteuid?.() !== 0) throw new Error(`${what} needs root; run this suite as root on a machine of its own`);
}
