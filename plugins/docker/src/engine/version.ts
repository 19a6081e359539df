import { EngineStream, EngineTooOld } from './errors.ts';

/** The newest this was written for, and the oldest that has all it asks for. */
const NEWEST = '1.47';
const OLDEST = '1.25';

/** The version to speak with an engine that speaks from `least` to `most`. Throws `E_DOCKER_API_OLD`. */
export function negotiate(most: string, least: string): string {
  if (compare(most, OLDEST) < 0) throw EngineTooOld({ speaks: most, needs: OLDEST });
  const ours = compare(most, NEWEST) < 0 ? most : NEWEST;
  return compare(ours, least) < 0 ? least : ours;
}

/** Below zero: `a` is older. */
export function compare(a: string, b: string): number {
  const [majorA, minorA] = numbers(a);
  const [majorB, minorB] = numbers(b);
  return majorA - majorB || minorA - minorB;
}

function numbers(version: string): readonly [major: number, minor: number] {
  const match = /^(\d{1,3})\.(\d{1,4})$/u.exec(version);
  if (match === null) throw EngineStream({ problem: `has the API version ${JSON.stringify(version.slice(0, 20))}` });
  return [Number(match[1]), Number(match[2])];
}
