// [protocol] strict = false gives the reference reading of SEC-050 to 053, never of SEC-054 to 066 (D1).
import { canonicalRequest, canonicalSequence, formatTimestamp, hmacHex } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, KEY, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const now = (): string => formatTimestamp(BigInt(Math.trunc(rig.clock.now() * 1_000)));
const edit = (frame: string, what: string | RegExp, by: string): string => {
  const changed = frame.replace(what, by);
  if (changed === frame) throw new Error(`the frame has no ${String(what)}`);
  return changed;
};
const sequence = (fields: { sequence_id: string; commands: string[] }): string => {
  const body = { ...fields, stop_on_failure: true, nonce: `n-${fields.commands.length}` };
  const hmac = hmacHex(nodeCrypto, KEY, canonicalSequence({ ...body, ts: now() }));
  return JSON.stringify({ v: 1, type: 'command.sequence', id: 's', ts: now(), agent_id: AGENT, payload: { ...body, hmac } });
};
/** Signed over the given canonical time, sent with another spelling of it. */
const spelled = (ts: string, canonical: string): string => {
  const body = { command: 'demo_mark', params: {}, nonce: 'spelled' };
  const hmac = hmacHex(nodeCrypto, KEY, canonicalRequest({ ...body, ts: canonical }));
  return JSON.stringify({ v: 1, type: 'command.request', id: 't', ts, agent_id: AGENT, payload: { ...body, hmac } });
};
const told = (): Record<string, number> => ({ ...rig.kernel.status.refusals, ...rig.kernel.status.ignored });

describe('read as v1 reads it with strict = false, refused by default', () => {
  test.each<[string, string, () => string]>([
    ['SEC-053, A3: v is true', 'unsupported_version', () => edit(rig.request('demo_mark'), '"v":1', '"v":true')],
    ['SEC-053, A3: v is 1.0', 'unsupported_version', () => edit(rig.request('demo_mark'), '"v":1', '"v":1.0')],
    ['SEC-053: the id is a number', 'bad_id', () => edit(rig.request('demo_mark'), /"id":"[^"]*"/u, '"id":7')],
    ['SEC-053: another agent is named', 'wrong_agent', () => rig.request('demo_mark', {}, { agentId: 'node-8' })],
    ['SEC-053: params are null', 'bad_params', () => edit(rig.request('demo_mark'), '"params":{}', '"params":null')],
    [
      'SEC-053: a sequence is named like a command',
      'sequence_id_is_command',
      () => sequence({ sequence_id: 'demo_mark', commands: ['demo_mark'] }),
    ],
    [
      'SEC-053: 33 commands in a sequence',
      'too_many_commands',
      () => sequence({ sequence_id: 's', commands: Array.from({ length: 33 }, () => 'demo_wait').with(0, 'demo_mark') }),
    ],
    ['SEC-050: a key twice', 'duplicate_key', () => edit(rig.request('demo_mark'), '"v":1', '"v":1,"v":1')],
    ['SEC-050: a number without end', 'number_not_finite', () => edit(rig.request('demo_mark'), '"v":1', '"x":1e400,"v":1')],
    ['SEC-050: NaN', 'invalid_json', () => edit(rig.request('demo_mark'), '"v":1', '"x":NaN,"v":1')],
    [
      'SEC-050: 40 levels',
      'too_deep',
      () => edit(rig.request('demo_mark'), '"v":1', `"x":${'['.repeat(40)}${']'.repeat(40)},"v":1`),
    ],
    [
      'SEC-051: a key __proto__',
      'forbidden_key',
      () => edit(rig.request('demo_mark'), '"v":1', '"__proto__":{"polluted":1},"v":1'),
    ],
  ])('%s', async (_title, reason, make) => {
    rig = await startRig();
    await rig.deliver(make());
    expect([rig.runner.calls.length, told()]).toEqual([0, { [reason]: 1 }]);
    await rig.close();
    rig = await startRig({ kernel: { dialect: 'reference' } });
    await rig.deliver(make());
    expect([rig.runner.calls.length, told()]).toEqual([1, {}]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe.each(['hardened', 'reference'] as const)('refused whatever strict says (%s)', (dialect) => {
  const refuses = async (frame: () => string, reasons: readonly string[]): Promise<void> => {
    rig = await startRig({ kernel: { dialect } });
    await rig.deliver(frame());
    expect(rig.runner.calls).toEqual([]);
    expect(rig.sent('command.result')).toEqual([]);
    expect(reasons).toContain(Object.keys(told())[0]);
  };

  test.each<[string, string]>([
    ['2026-01-01T12:00:00.1234567Z', '2026-01-01T12:00:00.123456Z'],
    ['2026-01-01T12:00:00,5Z', '2026-01-01T12:00:00.500000Z'],
    ['2026-01-01 12:00:00Z', '2026-01-01T12:00:00Z'],
    ['20260101T120000Z', '2026-01-01T12:00:00Z'],
    ['2026-W01-4T12:00:00Z', '2026-01-01T12:00:00Z'],
    ['2026-01-01T12:00Z', '2026-01-01T12:00:00Z'],
  ])('SEC-056: ts spelled %s', async (ts, canonical) => {
    await refuses(() => spelled(ts, canonical), ['bad_ts', 'ts_invalid']);
  });

  test('SEC-055: half a character, with the signature of U+FFFD', async () => {
    await refuses(() => edit(rig.request('demo_mark', { a: '\ufffd' }), '\ufffd', '\\ud800'), ['not_well_formed']);
  });

  test.each<[string, string, string]>([
    ['a number as nonce', '"nonce":"[^"]*"', '"nonce":7'],
    ['a nonce over two lines', '"nonce":"', '"nonce":"a\\n'],
    ['a number as parameter', '"a":"x"', '"a":1'],
    ['a list as params', '"params":\\{[^}]*\\}', '"params":["a=x"]'],
    ['a command over two lines', '"command":"', '"command":"x\\n'],
  ])('SEC-054: %s', async (_title, what, by) => {
    await refuses(
      () => edit(rig.request('demo_mark', { a: 'x' }), new RegExp(what, 'u'), by),
      ['bad_nonce', 'param_not_a_string', 'bad_params', 'bad_command'],
    );
  });

  test('SEC-057: an upper-case signature', async () => {
    const upper = (frame: string): string =>
      frame.replace(/"hmac":"(\w+)"/u, (_, hex: string) => `"hmac":"${hex.toUpperCase()}"`);
    await refuses(() => upper(rig.request('demo_mark')), ['bad_signature']);
  });

  test.each([
    [-61, 'too_old'],
    [6, 'future_dated'],
  ])('SEC-059: dated %d s from now', async (shift, reason) => {
    await refuses(() => rig.request('demo_mark', {}, { shift }), [reason]);
  });

  test('SEC-060: a replay', async () => {
    rig = await startRig({ kernel: { dialect } });
    const frame = rig.request('demo_mark');
    await rig.deliver(frame);
    await rig.deliver(frame);
    expect([rig.runner.calls.length, told()]).toEqual([1, { replayed_nonce: 1 }]);
  });

  test.each(['before_floor', 'clock_rollback', 'nonce_store_full', 'nonce_store_fault'] as const)(
    'SEC-063 to SEC-066: what the nonce store says, %s',
    async (reason) => {
      rig = await startRig({ kernel: { dialect } });
      rig.nonces.refuseWith(reason);
      await rig.deliver(rig.request('demo_mark'));
      expect([rig.runner.calls.length, told()]).toEqual([0, { [reason]: 1 }]);
    },
  );
});
