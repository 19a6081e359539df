import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { compileFlags } from './compile-flags.ts';

it('gives no Node a flag that it refuses', () => {
  const started = spawnSync(process.execPath, [...compileFlags(process.versions.node), '-e', ''], { encoding: 'utf8' });
  expect([started.status, started.stderr]).toEqual([0, '']);
  expect(compileFlags('20.19.0')).not.toEqual([]);
  for (const version of ['22.13.0', '24.0.0', '200.0.0']) expect(compileFlags(version)).toEqual([]);
});
