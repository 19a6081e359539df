import { createLocalPolicy } from '@stormpulse/services/policy';
import { settle } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const start = async (rules: Partial<Parameters<typeof createLocalPolicy>[0]>): Promise<void> => {
  const clock = { now: () => 0, monotonic: () => 0 };
  rig = await startRig({
    policy: createLocalPolicy({ clock, host: 'web-1', deny: [], hosts: [], hours: [], perMinute: {}, ...rules }),
  });
};

describe('SEC-073 the policy of the host wins over what the hub signed', () => {
  test('a denied command does not run, and the hub is told why', async () => {
    await start({ deny: ['demo_mark'] });
    await rig.deliver(rig.request('demo_mark'));
    expect(rig.sent('command.result')).toMatchObject([
      {
        success: false,
        failure_reason: 'validation_failed',
        stderr: expect.stringContaining('demo_mark is denied here') as string,
      },
    ]);
    expect(rig.runner.calls).toEqual([]);
  });

  test('a step of a sequence is held to it too', async () => {
    await start({ perMinute: { demo_mark: 1 } });
    await rig.deliver(rig.sequence(['demo_mark', 'demo_mark']));
    await settle();
    expect(rig.sent('command.result').map((result) => result['success'])).toEqual([true, false]);
    expect(rig.runner.calls).toHaveLength(1);
  });

  test('the hub may read it in register', async () => {
    await start({ deny: ['group:demo'] });
    expect(rig.sent('register')).toMatchObject([{ policy: { deny: ['group:demo'], hosts: [], hours: [], per_minute: {} } }]);
  });
});
