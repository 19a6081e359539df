import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dialect } from '@stormpulse/protocol';
import { Cases } from './cases.ts';
import type { Format } from './cases.ts';
import { checkEnvelopes } from './envelopes.ts';
import { checkHostileParams } from './hostile-params.ts';
import { checkMessages } from './messages.ts';
import { checkSigning } from './signing.ts';
import { readVectors } from './vectors.ts';

/** Vector files by name. */
const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['signing.json', checkSigning],
  ['envelopes.json', checkEnvelopes],
  ['messages.json', checkMessages],
  ['hostile-params.json', checkHostileParams],
]);

const SHOWN_FAILURES = 10;

/**
 * Runs every known vector file of a folder and prints one line each, the first failures in full, and the total last.
 * True when nothing failed, at least one file was known, and every known one ran a case.
 */
export async function runDirectory(directory: string, dialect: Dialect, print: (line: string) => void): Promise<boolean> {
  let passed = 0;
  let failed = 0;
  let ran = 0;
  let empty = 0;
  for (const name of (await readdir(directory)).filter((entry) => entry.endsWith('.json')).sort()) {
    const format = FORMATS.get(name);
    if (format === undefined) {
      print(`${name}: skipped, not a vector file this tool knows`);
      continue;
    }
    const cases = await runFile(join(directory, name), format, dialect);
    report(name, cases, print);
    ran += 1;
    passed += cases.passed;
    failed += cases.failures.length;
    if (cases.passed + cases.failures.length === 0) empty += 1;
  }
  if (ran === 0) print(`no known vector file in this folder; known are ${[...FORMATS.keys()].join(', ')}`);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 && ran > 0 && empty === 0;
}

async function runFile(path: string, format: Format, dialect: Dialect): Promise<Cases> {
  const cases = new Cases();
  try {
    await format(readVectors(await readFile(path, 'utf8'), dialect), dialect, cases);
  } catch (error) {
    cases.failures.push({ id: 'file', message: error instanceof Error ? error.message : String(error) });
  }
  return cases;
}

function report(name: string, cases: Cases, print: (line: string) => void): void {
  const { passed, failures } = cases;
  print(`${name}: ${passed} passed, ${failures.length} failed`);
  if (passed + failures.length === 0) print('  no case ran: none of its sections is known');
  for (const { id, message } of failures.slice(0, SHOWN_FAILURES)) print(`  ${id}: ${message}`);
  if (failures.length > SHOWN_FAILURES) print(`  and ${failures.length - SHOWN_FAILURES} more`);
}
