// Acceptance cases B4 to B25 of protocol v1's signing section. U: what v1's own agent says, from its checks in order; H: this agent.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type, definePlugin, subprocess } from '@stormpulse/plugin-api';
import { canonicalRequest, canonicalSequence, formatTimestamp, hmacHex } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { openNonceStore } from '@stormpulse/services';
import { FakeClock } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { createReferenceVerifier } from '../conformance/reference-verifier.ts';
import { AGENT, KEY, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const script = Type.Optional(Type.String({ 'x-param': { maxChars: 4_096, maxBytes: 4_096, guards: [] } }));
const digits = Type.Optional(Type.String({ pattern: '^[0-9]+$', maxLength: 5 }));
const word = Type.Optional(Type.String({ pattern: '^[a-z]+$', maxLength: 20 }));
const common = { title: 'For tests', effect: 'write', timeout: '5s' } as const;

/** v1's commands of the cases, as a plugin shipped with the agent may name them. */
const PLUGIN = definePlugin({
  name: 'v1-cases',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ exec: ['/bin/v1'], commands: 'write' }),
  setup({ commands }) {
    commands.register(
      subprocess({
        ...common,
        id: 'verify',
        wireName: 'run_verify_block',
        params: Type.Object({ verify_command: script }),
        file: '/bin/v1',
        argv: (slot) => [slot.verify_command],
      }),
      subprocess({
        ...common,
        id: 'apply',
        wireName: 'run_apply_block',
        params: Type.Object({ apply_command: script }),
        file: '/bin/v1',
        argv: (slot) => [slot.apply_command],
      }),
      subprocess({
        ...common,
        id: 'logs',
        wireName: 'docker_logs',
        params: Type.Object({ lines: digits, service: word }),
        file: '/bin/v1',
        argv: (slot) => ['logs', slot.lines, slot.service],
      }),
      subprocess({ ...common, id: 'pull', wireName: 'git_pull', params: Type.Object({}), file: '/bin/v1', argv: () => ['pull'] }),
    );
  },
});

const start = async (more: Parameters<typeof startRig>[0] = {}): Promise<void> => {
  rig = await startRig({ plugin: PLUGIN, ...more });
};
const micros = (): bigint => BigInt(Math.trunc(rig.clock.now() * 1_000));
const envelope = (type: string, ts: string, payload: object): string =>
  JSON.stringify({ v: 1, type, id: 'case', ts, agent_id: AGENT, payload });
/** Signed as v1's own hubs sign: whatever it says. */
const signed = (command: string, params: Record<string, string>, nonce = 'N', ts = formatTimestamp(micros())): string =>
  envelope('command.request', ts, {
    command,
    params,
    nonce,
    hmac: hmacHex(nodeCrypto, KEY, canonicalRequest({ command, params, nonce, ts })),
  });
const payloadOf = (frame: string): Record<string, unknown> => (JSON.parse(frame) as { payload: Record<string, unknown> }).payload;
const withPayload = (frame: string, change: object): string => {
  const message = JSON.parse(frame) as { payload: object };
  return JSON.stringify({ ...message, payload: { ...message.payload, ...change } });
};
const ran = (): unknown[] => rig.runner.calls.map(({ args }) => args);
const events = async (): Promise<Record<string, unknown>[]> => {
  await rig.clock.advance(1_000);
  return rig.sent('events.batch').flatMap((batch) => batch['events'] as Record<string, unknown>[]);
};
const reasons = async (): Promise<unknown[]> => (await events()).map((event) => event['failure_reason']);
/** v1's verdict on frames in this order, now. */
const upstream = async (...frames: string[]): Promise<string[]> => {
  const verify = createReferenceVerifier(KEY, 60);
  const verdicts: string[] = [];
  for (const frame of frames) {
    const outcome = await verify(frame, micros());
    verdicts.push(outcome.verdict === 'refuse' ? outcome.reason : outcome.verdict);
  }
  return verdicts;
};

describe('signatures', () => {
  test('B4: params {} leave an empty line; null is refused (H), and the empty line too (U, strict = false)', async () => {
    await start();
    const frame = signed('git_pull', {}, 'n1');
    const withNull = withPayload(signed('git_pull', {}, 'n2'), { params: null });
    expect(await upstream(frame, withNull)).toEqual(['accept', 'accept']);
    await rig.deliver(frame);
    await rig.deliver(withNull);
    expect(ran()).toEqual([['pull']]);
    expect(await reasons()).toEqual(['bad_params']);
    await rig.close();
    await start({ kernel: { dialect: 'reference' } });
    await rig.deliver(withNull);
    expect(ran()).toEqual([['pull']]);
  });

  test('B5: the same request with +00:00 for Z has the same signature', async () => {
    await start();
    await rig.deliver(signed('git_pull', {}).replace(/("ts":"[^"]*)Z"/u, '$1+00:00"'));
    expect(ran()).toEqual([['pull']]);
  });

  test('B6: the same instant in another offset: bad_signature', async () => {
    await start();
    const frame = signed('git_pull', {}, 'N', '2026-01-01T12:00:00Z').replace('T12:00:00Z', 'T13:00:00+01:00');
    expect(await upstream(frame)).toEqual(['bad_signature']);
    await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[], ['bad_signature']]);
  });

  test.each([
    ['in upper case', (hmac: string) => hmac.toUpperCase()],
    ['with a space before it', (hmac: string) => ` ${hmac}`],
    ['with a space behind it', (hmac: string) => `${hmac} `],
  ])('B7, SEC-057: the signature %s: bad_signature', async (_title, change) => {
    await start();
    const frame = signed('git_pull', {});
    await rig.deliver(withPayload(frame, { hmac: change(String(payloadOf(frame)['hmac'])) }));
    expect([ran(), await reasons()]).toEqual([[], ['bad_signature']]);
  });

  test.each([
    ['B8: 60 s old', -60, undefined],
    ['B9: 60.000001 s old', -60.000_001, 'too_old'],
    ['B10: 5 s ahead', 5, undefined],
    ['B10: 5.000001 s ahead', 5.000_001, 'future_dated'],
  ])('%s, with a limit of 60 s (SEC-059)', async (_title, seconds, reason) => {
    await start();
    const frame = signed('git_pull', {}, 'N', formatTimestamp(micros() + BigInt(Math.round(seconds * 1e6))));
    expect(await upstream(frame)).toEqual([reason ?? 'accept']);
    await rig.deliver(frame);
    expect(ran()).toHaveLength(reason === undefined ? 1 : 0);
    expect(await reasons()).toEqual(reason === undefined ? [] : [reason]);
  });

  test('B11, SEC-058: stale and forged: too_old', async () => {
    await start();
    const frame = withPayload(signed('git_pull', {}, 'N', formatTimestamp(micros() - 61_000_000n)), { hmac: '0'.repeat(64) });
    expect(await upstream(frame)).toEqual(['too_old']);
    await rig.deliver(frame);
    expect(await reasons()).toEqual(['too_old']);
  });

  test('B12, SEC-058: forged with a fresh nonce, then the true one: the second runs', async () => {
    await start();
    const frame = signed('git_pull', {});
    await rig.deliver(withPayload(frame, { hmac: '0'.repeat(64) }));
    await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[['pull']], ['bad_signature']]);
  });

  test('B24: without hmac: no answer, nothing runs, no nonce is stored', async () => {
    await start();
    const frame = signed('git_pull', {});
    await rig.deliver(withPayload(frame, { hmac: undefined }));
    expect([ran(), rig.sent('command.result')]).toEqual([[], []]);
    await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[['pull']], ['payload_missing_fields']]);
  });

  test.each([['ключ'], [7], [null], [['0'.repeat(64)]], [{}]])(
    'B25: the signature %j: no answer, the agent lives on',
    async (hmac) => {
      await start();
      const frame = signed('git_pull', {});
      await rig.deliver(withPayload(frame, { hmac }));
      await rig.deliver(frame);
      expect([ran(), await reasons()]).toEqual([[['pull']], ['bad_signature']]);
    },
  );

  test('B23: a refused message has no answer and one event signature_failure with the reason', async () => {
    await start();
    await rig.deliver(withPayload(signed('git_pull', {}), { hmac: '0'.repeat(64) }));
    expect(await events()).toEqual([
      {
        ts: expect.any(String) as unknown,
        source: 'auth',
        kind: 'signature_failure',
        status: 'refused',
        failure_reason: 'bad_signature',
        command_ref: 'case',
        error: expect.stringContaining('signature does not fit') as unknown,
      },
    ]);
    expect(rig.sent('command.result')).toEqual([]);
  });
});

describe('replay, with the store on disk', () => {
  let folder: string | undefined;
  afterEach(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
  });
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

  /** An agent on the store in the folder, past the floor of a new one. */
  const startOnDisk = async (): Promise<void> => {
    folder ??= mkdtempSync(join(tmpdir(), 'cases-'));
    const begin = new FakeClock().now();
    let clock: Pick<FakeClock, 'now'> = { now: () => begin };
    const nonces = openNonceStore({
      path: join(folder, 'stormpulse.db'),
      clock: { now: () => clock.now() },
      maxAgeSeconds: 60,
      logger: silent,
    });
    await start({ nonces });
    clock = rig.clock;
    await rig.clock.advance(10_000);
  };

  test('B13, SEC-060: the same nonce twice, with another command: replayed_nonce', async () => {
    await startOnDisk();
    const frames = [signed('git_pull', {}, 'one'), signed('docker_logs', {}, 'one')];
    expect(await upstream(...frames)).toEqual(['accept', 'replayed_nonce']);
    for (const frame of frames) await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[['pull']], ['replayed_nonce']]);
  });

  test('B14, SEC-060: a replay after the agent was restarted: replayed_nonce', async () => {
    await startOnDisk();
    const frame = signed('git_pull', {}, 'one');
    await rig.deliver(frame);
    expect(ran()).toHaveLength(1);
    await rig.close();
    await startOnDisk();
    await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[], ['replayed_nonce']]);
  });

  test('SEC-064: a clock that stepped back refuses commands, figures go on, and it recovers when the clock has caught up', async () => {
    await startOnDisk();
    await rig.deliver(signed('git_pull', {}, 'before'));
    rig.clock.step(-3_600_000);
    await rig.deliver(signed('git_pull', {}, 'during'));
    const beats = rig.sent('heartbeat').length;
    await rig.clock.advance(60_000);
    expect(rig.sent('heartbeat').length).toBeGreaterThan(beats);
    expect(await events()).toMatchObject([{ kind: 'clock_rollback', failure_reason: 'clock_rollback' }]);
    expect(ran()).toHaveLength(1);
    rig.clock.step(3_600_000);
    await rig.deliver(signed('git_pull', {}, 'after'));
    expect(ran()).toHaveLength(2);
  });

  test('SEC-064: a clock that is a year ahead for the moment of a commit locks nobody out afterwards', async () => {
    await startOnDisk();
    const arriving = rig.deliver(signed('git_pull', {}, 'arriving'));
    rig.clock.step(31_536_000_000);
    await arriving;
    rig.clock.step(-31_536_000_000);
    await rig.deliver(signed('git_pull', {}, 'after'));
    expect([ran(), await reasons()]).toEqual([[['pull'], ['pull']], []]);
  });

  test('B15, SEC-061: dated 5 s ahead and replayed 62 s after arrival: U accepts it again, H replayed_nonce', async () => {
    await startOnDisk();
    const frame = signed('git_pull', {}, 'ahead', formatTimestamp(micros() + 5_000_000n));
    const v1 = createReferenceVerifier(KEY, 60);
    expect(await v1(frame, micros())).toEqual({ verdict: 'accept' });
    await rig.deliver(frame);
    await rig.clock.advance(62_000);
    expect(await v1(frame, micros())).toEqual({ verdict: 'accept' });
    await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[['pull']], ['replayed_nonce']]);
  });
});

describe('what the store decides', () => {
  test('SEC-060: nothing starts before the nonce is on the disk', async () => {
    let onDisk = (): void => undefined;
    const written = new Promise<undefined>((resolve) => {
      onDisk = () => resolve(undefined);
    });
    await start({ nonces: { claim: () => written, close: () => undefined } });
    await rig.deliver(signed('git_pull', {}));
    await rig.clock.advance(30_000);
    expect(ran()).toEqual([]);
    onDisk();
    await rig.clock.advance(1);
    expect(ran()).toEqual([['pull']]);
  });
});

describe.each(['hardened', 'reference'] as const)('one text, two messages; strict = %s', (dialect) => {
  const startIn = (): Promise<void> => start({ kernel: { dialect } });

  test('B18, SEC-054: a line of the script moved into the nonce: U accepts both, H refuses', async () => {
    await startIn();
    const whole = signed('run_apply_block', { apply_command: 'l1\nl2' }, 'N');
    const cut = withPayload(whole, { params: { apply_command: 'l1' }, nonce: 'l2\nN' });
    expect(await upstream(whole, cut)).toEqual(['accept', 'accept']);
    await rig.deliver(cut);
    await rig.deliver(whole);
    expect([ran(), await reasons()]).toEqual([[['l1\nl2']], ['bad_nonce']]);
  });

  test('B19, SEC-054: an empty sequence turned into a request: U accepts both, H refuses both', async () => {
    await startIn();
    const ts = formatTimestamp(micros());
    const empty = { sequence_id: 'git_pull', commands: [], stop_on_failure: true, nonce: 'N' };
    const hmac = hmacHex(nodeCrypto, KEY, canonicalSequence({ ...empty, ts }));
    const sequence = envelope('command.sequence', ts, { ...empty, hmac });
    const request = envelope('command.request', ts, { command: 'git_pull', params: {}, nonce: 'true\nN', hmac });
    expect(await upstream(sequence, request)).toEqual(['accept', 'accept']);
    await rig.deliver(sequence);
    await rig.deliver(request);
    const first = dialect === 'hardened' ? 'sequence_id_is_command' : 'empty_sequence';
    expect([ran(), await reasons()]).toEqual([[], [first, 'bad_nonce']]);
  });

  test('B20, SEC-054: two declared parameters merged into one value: U goes on to its pattern, H ambiguous_params', async () => {
    await startIn();
    const frame = signed('docker_logs', { lines: '5&service=db' });
    expect(await upstream(frame)).toEqual(['accept']);
    await rig.deliver(frame);
    expect([ran(), rig.sent('command.result')]).toEqual([[], []]);
    expect(await events()).toMatchObject([{ kind: 'ambiguous_params', failure_reason: 'ambiguous_params', command_ref: 'case' }]);
  });

  test.each([
    ['B21: & and = inside a value', 'run_verify_block', 'verify_command', "curl 'http://h/?a=1&b=2'"],
    ['B22: three lines', 'run_apply_block', 'apply_command', 'set -e\ncd /srv\n./deploy --now'],
  ])('%s run unchanged', async (_title, command, param, value) => {
    await startIn();
    const frame = signed(command, { [param]: value });
    expect(await upstream(frame)).toEqual(['accept']);
    await rig.deliver(frame);
    expect([ran(), await reasons()]).toEqual([[[value]], []]);
  });
});
