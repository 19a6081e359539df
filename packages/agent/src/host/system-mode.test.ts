import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgramCheck } from '@stormpulse/services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSystemMode } from './system-mode.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-mode-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('whose the decision is', () => {
  it("is the operator's own in user mode, somebody else's for a service user", () => {
    const config = join(folder, 'stormpulse.toml');
    writeFileSync(config, '');
    const owner = statSync(config).uid;
    expect(isSystemMode(config, owner)).toBe(false);
    expect(isSystemMode(config, owner + 1)).toBe(true);
  });

  it('SEC-100 a program of the user that runs the agent is refused in system mode only', () => {
    const program = join(folder, 'deploy');
    writeFileSync(program, '');
    chmodSync(program, 0o755);
    // An agent of a user: root's own program would be as it should be.
    if (process.geteuid?.() === 0) chownSync(program, 65_534, 65_534);
    const agentUid = statSync(program).uid;
    // The host's file is root's in system mode, this user's in user mode.
    const [system, user] = [isSystemMode('/etc/passwd', agentUid), isSystemMode(program, agentUid)];
    expect(createProgramCheck({ agentUid, systemMode: system }).problemWith(program)?.reason).toBe('writable_program');
    expect(createProgramCheck({ agentUid, systemMode: user }).problemWith(program)).toBeUndefined();
  });
});
