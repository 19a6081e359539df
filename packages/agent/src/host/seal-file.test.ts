import { existsSync, lstatSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealForV1 } from './seal-file.ts';

describe('sealForV1', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const seal = (): void => sealForV1(join(folder, 'stormpulse.db'));
  const sealed = (): string => join(folder, 'signoff.sealed');

  it('makes an empty file that nobody else may change, and nothing besides', () => {
    seal();
    expect(statSync(sealed())).toMatchObject({ size: 0 });
    expect(statSync(sealed()).mode & 0o777).toBe(0o600);
  });

  it('takes away the time of an opening, and leaves a seal that is there as it is', () => {
    writeFileSync(sealed(), 'mine');
    writeFileSync(join(folder, 'signoff.unsealed_at'), '2026-03-04T05:06:07+00:00');
    const before = statSync(sealed());
    seal();
    expect(statSync(sealed())).toMatchObject({ ino: before.ino, size: 4 });
    expect(existsSync(join(folder, 'signoff.unsealed_at'))).toBe(false);
  });

  it('replaces a link that leads nowhere, which v1 reads as open', () => {
    symlinkSync('/nonexistent/seal', sealed());
    seal();
    expect(lstatSync(sealed()).isFile()).toBe(true);
  });
});
