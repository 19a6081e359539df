import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TAKEN_NAMES } from '../../../packages/agent/src/config/taken-names.ts';
import { TAKEN, problemWithName } from '../../../packages/create-plugin/src/answers.ts';

/** What is no name of a plugin at all is refused as one. */
const isTakenAlone = (name: string): boolean => problemWithName(name)?.includes('a name of the agent itself') === true;

test('SEC-205: npm create refuses just the names that an agent refuses', () => {
  const possible = TAKEN_NAMES.filter((name) => TAKEN.has(name) || problemWithName(name) === undefined);
  expect([...TAKEN].toSorted()).toEqual([...new Set(possible)].toSorted());
  expect(possible.every(isTakenAlone)).toBe(true);
});

test("SEC-205: the names of the agent's own plugins are among them", () => {
  const own = readdirSync(join(import.meta.dirname, '../../../plugins'));
  expect(own.filter((name) => !TAKEN_NAMES.includes(name))).toEqual([]);
});
