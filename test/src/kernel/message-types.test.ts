import { AGENT_TO_HUB_TYPES } from '@stormpulse/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const frameOf = (type: string): string =>
  JSON.stringify({ v: 1, type, id: '1', ts: '2026-01-01T12:00:00Z', agent_id: 'node-7', payload: {} });

describe('SEC-052: what has no place in the table of types does nothing but be counted', () => {
  test.each([
    ...AGENT_TO_HUB_TYPES.map((type) => [type, 'unexpected_type']),
    ...['ping', 'Command.Request', ' command.request', 'command.request\0', '__proto__', ''].map((type) => [
      type,
      'unknown_type',
    ]),
  ])('%j from a hub: %s', async (type, kind) => {
    rig = await startRig();
    const before = rig.link.sent.length;
    await rig.deliver(frameOf(type));
    expect(rig.kernel.status.ignored).toEqual({ [kind]: 1 });
    expect(rig.link.sent.length).toBe(before);
    expect(rig.runner.calls).toEqual([]);
    expect(rig.link.closedWith).toBeUndefined();
  });
});
