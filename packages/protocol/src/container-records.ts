import { isJsonObject } from './json-value.ts';
import { pythonText } from './reference/python-text.ts';

/** A container of the project as `metrics.push` names it. */
export interface ContainerRecord {
  readonly name: string;
  readonly status: string;
  readonly image: string;
}

/**
 * Reads the output of `docker compose ps --format json`: an array, or one object a line (wire page, section 7.2). Lines that
 * are not objects are skipped; a failed program has no containers. Values become text as v1 writes them.
 */
export function containerRecords(stdout: string, exitCode: number): ContainerRecord[] {
  if (exitCode !== 0) return [];
  const whole = parsed(stdout);
  const entries: unknown[] = Array.isArray(whole) ? whole : stdout.split('\n').map(parsed);
  return entries.filter(isJsonObject).map((entry) => ({
    name: textOf(entry, 'Name', 'name'),
    status: textOf(entry, 'State', 'state'),
    image: textOf(entry, 'Image', 'image'),
  }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textOf(entry: object, ...keys: readonly string[]): string {
  const key = keys.find((name) => Object.hasOwn(entry, name));
  return key === undefined ? 'unknown' : pythonText((entry as Record<string, unknown>)[key]);
}
