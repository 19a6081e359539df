import { describe, expect, it } from 'vitest';
import { readHours } from './hours.ts';
import { createLocalPolicy } from './local-policy.ts';
import type { LocalPolicyOptions } from './local-policy.ts';

const restart = { wireName: 'docker_restart', group: 'deploy' };
const logs = { wireName: 'docker_logs', group: 'diagnostics' };

/** What the policy says of a command. */
function policy(rules: Partial<LocalPolicyOptions>, nowMs = { wall: new Date(2026, 2, 4, 12).getTime(), monotonic: 0 }) {
  const clock = { now: () => nowMs.wall, monotonic: () => nowMs.monotonic };
  const made = createLocalPolicy({ clock, host: 'web-1', deny: [], hosts: [], hours: [], perMinute: {}, ...rules });
  return (command: typeof logs) => made.refusalFor(command);
}

describe('SEC-073 the policy of the host', () => {
  it('denies by name and by group, and says who can change that', () => {
    const refusalFor = policy({ deny: ['docker_logs', 'group:deploy'] });
    expect(refusalFor(logs)).toBe(
      "this host's [policy] refuses the command: docker_logs is denied here; the operator of this host can change it, the hub cannot",
    );
    expect(refusalFor(restart)).toContain('the group deploy is denied here');
    expect(refusalFor({ wireName: 'uptime', group: 'x' })).toBeUndefined();
  });

  it('runs nothing on a machine it was not written for', () => {
    expect(policy({ hosts: ['web-2', 'web-3'] })(logs)).toContain('on web-2, web-3 only, and this machine is web-1');
    expect(policy({ hosts: ['web-1'] })(logs)).toBeUndefined();
  });

  it('keeps to the hours', () => {
    const line = 'mon-fri 13:00-14:00';
    const hours = [{ line, ...(readHours(line) as NonNullable<ReturnType<typeof readHours>>) }];
    const now = { wall: new Date(2026, 2, 4, 12, 59).getTime(), monotonic: 0 };
    const refusalFor = policy({ hours }, now);
    expect(refusalFor(logs)).toContain('commands run mon-fri 13:00-14:00 only');
    now.wall += 60_000;
    expect(refusalFor(logs)).toBeUndefined();
  });

  it('bounds how often a command runs, by monotonic time, and counts no refusal', () => {
    const now = { wall: 0, monotonic: 0 };
    const refusalFor = policy({ perMinute: { docker_restart: 2 } }, now);
    expect([refusalFor(restart), refusalFor(restart)]).toEqual([undefined, undefined]);
    expect(refusalFor(restart)).toContain('docker_restart may run 2 times a minute here');
    expect(refusalFor(logs)).toBeUndefined();
    now.monotonic = 59_999;
    expect(refusalFor(restart)).toBeDefined();
    now.monotonic = 60_000;
    expect(refusalFor(restart)).toBeUndefined();
  });
});
