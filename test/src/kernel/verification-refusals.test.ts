import { AGENT_TO_HUB_TYPES, HUB_TO_AGENT_TYPES, REFUSAL_REASONS, REFUSALS, V1_REFUSAL_REASONS } from '@stormpulse/protocol';
import { Type, definePlugin, subprocess } from '@stormpulse/plugin-api';
import type { RefusalReason } from '@stormpulse/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const events = (): Record<string, unknown>[] =>
  rig.sent('events.batch').flatMap((batch) => batch['events'] as Record<string, unknown>[]);
const forged = (): string => rig.request('demo_mark', {}, { hmac: '0'.repeat(64) });

/** The closed set of security event names. */
const NAMES = new Set([
  'signature_failure',
  'replay_refused',
  'ambiguous_params',
  'param_refused',
  'clock_rollback',
  'nonce_store_fault',
  'identity_mismatch',
  'rate_limited',
]);

describe('SEC-058: how a refusal is told', () => {
  test('every reason has a kind of the closed set and says what to do; what v1 reports keeps its event', async () => {
    rig = await startRig();
    expect(Object.keys(REFUSALS).toSorted()).toEqual([...REFUSAL_REASONS].toSorted());
    for (const { event, text } of Object.values(REFUSALS)) expect([NAMES.has(event), text.length > 20]).toEqual([true, true]);
    for (const reason of V1_REFUSAL_REASONS) expect(REFUSALS[reason].event).toBe('signature_failure');
  });

  test.each<[RefusalReason, string]>([
    ['before_floor', 'replay_refused'],
    ['clock_rollback', 'clock_rollback'],
    ['nonce_store_full', 'nonce_store_fault'],
    ['nonce_store_fault', 'nonce_store_fault'],
    ['replayed_nonce', 'signature_failure'],
  ])('SEC-063, SEC-064, SEC-066: %s is the event %s, with ids and reasons only', async (reason, kind) => {
    rig = await startRig();
    rig.nonces.refuseWith(reason as 'before_floor');
    await rig.deliver(rig.request('demo_mark', { a: 'secret' }, { id: 'req-9' }));
    await rig.clock.advance(1_000);
    const [first = {}] = events();
    const { ts, ...event } = first;
    expect(typeof ts).toBe('string');
    expect(event).toEqual({
      source: 'auth',
      kind,
      status: 'refused',
      failure_reason: reason,
      command_ref: 'req-9',
      error: REFUSALS[reason].text,
    });
  });

  test.each<[string, string, RefusalReason, (frame: string) => string]>([
    ['SEC-053: another agent', 'identity_mismatch', 'wrong_agent', (frame) => frame.replace(AGENT, 'node-8')],
    ['SEC-053: a number among the params', 'param_refused', 'param_not_a_string', (frame) => frame.replace('"a":"x"', '"a":1')],
    ['B24: no signature', 'signature_failure', 'payload_missing_fields', (frame) => frame.replace('"hmac"', '"mac"')],
  ])('%s: %s', async (_title, kind, reason, change) => {
    rig = await startRig();
    await rig.deliver(change(rig.request('demo_mark', { a: 'x' })));
    await rig.clock.advance(1_000);
    expect(events()).toMatchObject([{ kind, failure_reason: reason }]);
  });

  test('SEC-067: 10,000 forgeries touch no disk, are told at a bounded rate, and the rest is told as a number', async () => {
    let claims = 0;
    const nonces = { claim: () => Promise.resolve(void (claims += 1)), close: () => undefined };
    rig = await startRig({ nonces });
    const stale = rig.request('demo_mark', {}, { shift: -3_600 });
    for (let at = 0; at < 10_000; at += 1) rig.link.deliver(stale);
    await rig.clock.advance(20_000);
    expect(claims).toBe(0);
    expect(rig.runner.calls).toEqual([]);
    expect(rig.kernel.status.refusals).toEqual({ too_old: 10_000 });
    const kinds = events().map((event) => event['kind']);
    expect(kinds.filter((kind) => kind === 'signature_failure')).toHaveLength(100);
    expect(events().filter((event) => event['kind'] === 'rate_limited')).toMatchObject([
      { source: 'auth', failure_reason: 'rate_limited', suppressed: 9_900 },
    ]);
    expect(rig.log.filter(({ level }) => level === 'warn')).toHaveLength(101);
    await rig.deliver(rig.request('demo_mark'));
    expect([rig.runner.calls.length, rig.link.closedWith]).toEqual([1, undefined]);
  });

  test('SEC-067: what was only counted is told when the agent stops', async () => {
    rig = await startRig();
    const stale = rig.request('demo_mark', {}, { shift: -3_600 });
    for (let at = 0; at < 130; at += 1) rig.link.deliver(stale);
    await rig.close();
    expect(events().at(-1)).toMatchObject({ kind: 'rate_limited', suppressed: 30 });
    expect(rig.clock.pending).toBe(0);
  });

  test('SEC-067: ten wrong signatures in a minute are borne, spread over more they always are', async () => {
    rig = await startRig();
    for (let at = 0; at < 30; at += 1) {
      await rig.deliver(forged());
      await rig.clock.advance(6_001);
    }
    expect(rig.link.closedWith).toBeUndefined();
    for (let at = 0; at < 11; at += 1) await rig.deliver(forged());
    expect(rig.link.closedWith).toBe(1008);
  });
});

test.each(['a,b', 'a=b', 'a b', 'a\nb', 'a\u2028b', '', 'x'.repeat(129)])(
  'SEC-053: no command table holds the name %j, which the signed text could not carry',
  async (wireName) => {
    rig = await startRig();
    const plugin = definePlugin({
      name: 'odd',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({ exec: ['/bin/odd'], commands: 'read' }),
      setup({ commands }) {
        const common = { title: 'Odd', effect: 'read', timeout: '5s', params: Type.Object({}) } as const;
        commands.register(subprocess({ ...common, id: 'odd', wireName, file: '/bin/odd', argv: () => [] }));
      },
    });
    await expect(startRig({ plugin })).rejects.toThrow(/no wire name: 1 to 128 characters without comma/u);
  },
);

describe('SEC-052: one table of what a hub may send, before and after register.ok', () => {
  const message = (type: string): string =>
    JSON.stringify({ v: 1, type, id: 'x', ts: '2026-01-01T12:00:00Z', agent_id: AGENT, payload: {} });

  test.each([false, true])("an agent's own types are counted and change nothing; registered: %s", async (registered) => {
    rig = await startRig();
    if (registered) await rig.deliver(message('register.ok'));
    const before = rig.link.sent.length;
    for (const type of AGENT_TO_HUB_TYPES) await rig.deliver(message(type));
    expect(rig.kernel.status.ignored).toEqual({ unexpected_type: AGENT_TO_HUB_TYPES.length });
    expect([rig.link.sent.length, rig.link.closedWith]).toEqual([before, undefined]);
  });

  test.each([false, true])("a hub's types are taken for what they are; registered: %s", async (registered) => {
    rig = await startRig();
    if (registered) await rig.deliver(message('register.ok'));
    for (const type of HUB_TO_AGENT_TYPES) await rig.deliver(message(type));
    // Acknowledgements of nothing, and two unsigned commands.
    expect(rig.kernel.status.ignored).toEqual({ unknown_ack: 2 });
    expect(rig.kernel.status.refusals).toEqual({ payload_missing_fields: 2 });
    expect([rig.runner.calls, rig.link.closedWith]).toEqual([[], undefined]);
  });
});
