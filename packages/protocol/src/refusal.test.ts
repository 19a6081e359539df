import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REFUSALS, V1_REFUSAL_REASONS } from './refusal.ts';

test('SEC-058: docs/reference/refusals.md has a row for each reason, with its event, in this order', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/reference/refusals.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| `(\w+)` +\| (v1|ours) +\|/gmu)].map(([, ...cells]) => cells);
  const v1: readonly string[] = V1_REFUSAL_REASONS;
  expect(rows).toEqual(
    Object.entries(REFUSALS).map(([reason, { event }]) => [reason, event, v1.includes(reason) ? 'v1' : 'ours']),
  );
});
