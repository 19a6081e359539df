import { gunzipSync } from 'node:zlib';
import { clearedIfSeen } from '../case-file.ts';
import type { Report, Window } from '../case-file.ts';
import type { Outside } from '../outside.ts';
import { local } from '../window.ts';

const SUSPECT = 'package runs';
const FOLDER = '/var/log/apt';
const MAX_BYTES = 64 * 1024 * 1024;

/** Runs of apt in the window; rotated histories are read until the window is covered. */
export function investigatePackages(outside: Outside, window: Window): Report {
  const names = outside
    .list(FOLDER)
    .filter((name) => /^history\.log(?:\.\d+(?:\.gz)?)?$/u.test(name))
    .toSorted((a, b) => age(a) - age(b));
  const runs: { readonly at: number; readonly what: string }[] = [];
  let missing: string | undefined;
  for (const name of names) {
    const text = history(outside, `${FOLDER}/${name}`);
    if (text === undefined) {
      missing = name;
      break;
    }
    runs.push(...runsIn(text));
    if (runs.some(({ at }) => at <= window.since)) break;
  }
  const within = runs.filter(({ at }) => at >= window.since && at <= window.until).toSorted((a, b) => a.at - b.at);
  if (within.length > 0) {
    const told = within.slice(0, 5).map(({ at, what }) => `${local(at)} ${what}`);
    const evidence = `${within.length} runs of the package manager: ${told.join('; ')}`;
    return { suspect: SUSPECT, verdict: 'IMPLICATED', evidence, remedy: `less ${FOLDER}/history.log` };
  }
  if (missing === undefined && runs.some(({ at }) => at <= window.since))
    return clearedIfSeen(SUSPECT, 'no run of apt', undefined);
  const why =
    names.length === 0
      ? 'this host has no history of apt, or this user may not read it'
      : missing === undefined
        ? 'the history of apt does not reach back to the begin of the window'
        : `${FOLDER}/${missing} could not be read`;
  return clearedIfSeen(SUSPECT, 'no run of apt', { why, command: `zgrep -h Start-Date ${FOLDER}/history.log*` });
}

/** `history.log` is the newest, then `.1`, `.2.gz`, … */
function age(name: string): number {
  return Number(/\d+/u.exec(name)?.[0] ?? 0);
}

function history(outside: Outside, path: string): string | undefined {
  const bytes = outside.read(path);
  if (bytes === undefined || !path.endsWith('.gz')) return bytes?.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function runsIn(text: string): { readonly at: number; readonly what: string }[] {
  return text.split(/\n\s*\n/u).flatMap((block) => {
    const at = Date.parse((/^Start-Date: (.*)$/mu.exec(block)?.[1] ?? '').replace(/ +/u, ' '));
    const what = /^Commandline: (.*)$/mu.exec(block)?.[1] ?? 'apt';
    return Number.isNaN(at) ? [] : [{ at, what: what.slice(0, 100) }];
  });
}
