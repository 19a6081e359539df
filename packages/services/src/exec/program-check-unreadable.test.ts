import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProgramCheck } from './program-check.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const check = createProgramCheck({ agentUid: 1_000, systemMode: false });

test('SEC-100: a program that cannot be looked at is left out, and does not keep the agent from starting', () => {
  const loop = join(folder, 'loop');
  symlinkSync(loop, loop);
  expect(check.problemWith(loop)).toMatchObject({ reason: 'not_a_program', problem: expect.stringContaining('ELOOP') as string });
  expect(check.problemWith(`/${'x'.repeat(5_000)}`)).toMatchObject({ reason: 'not_a_program' });
});

test('one that is not there may be installed later', () => {
  expect(check.problemWith(join(folder, 'none'))).toBeUndefined();
});
