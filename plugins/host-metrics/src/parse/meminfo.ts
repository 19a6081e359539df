import { toCount } from './count.ts';

const LINE = /^([A-Za-z0-9_()]{1,40}):[ \t]+(\d{1,20})(?:[ \t]+(kB))?[ \t]*$/u;

/** Reads `/proc/meminfo`: bytes by name (plain counts for lines without a unit). Lines it cannot read are passed over. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    const count = toCount(match?.[2]);
    if (match?.[1] !== undefined && count !== undefined) values.set(match[1], match[3] === 'kB' ? count * 1024 : count);
  }
  return values;
}
