import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProgramCheck } from './program-check.ts';

const OWN_UID = process.getuid?.() ?? 0;

describe('createProgramCheck', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'program-'));
    file = join(folder, 'program');
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const check = createProgramCheck({ agentUid: 12_345, systemMode: true });

  it('allows a program only its owner can change, and one that is not there yet', () => {
    expect(check.problemWith(file)).toBeUndefined();
    expect(check.problemWith(join(folder, 'absent'))).toBeUndefined();
  });

  it.each([0o775, 0o757, 0o777])('SEC-100 refuses mode %o, and says how to mend it', (mode) => {
    chmodSync(file, mode);
    expect(check.problemWith(file)).toMatchObject({
      reason: 'writable_program',
      problem: expect.stringContaining(file) as unknown,
      fix: expect.stringMatching(/chmod go-w .*allow = \["writable_program"\]/u) as unknown,
    });
  });

  it('SEC-100 looks through a link, and refuses what is no file', () => {
    const link = join(folder, 'link');
    symlinkSync(file, link);
    chmodSync(file, 0o777);
    expect(check.problemWith(link)?.reason).toBe('writable_program');
    mkdirSync(join(folder, 'directory'));
    expect(check.problemWith(join(folder, 'directory'))?.reason).toBe('not_a_program');
  });

  it("SEC-100 refuses the agent's own file in system mode only", () => {
    const agentUid = OWN_UID === 0 ? 12_345 : OWN_UID;
    chownSync(file, agentUid, -1);
    const own = (systemMode: boolean): string | undefined =>
      createProgramCheck({ agentUid, systemMode }).problemWith(file)?.reason;
    expect(own(false)).toBeUndefined();
    expect(own(true)).toBe('writable_program');
  });
});
