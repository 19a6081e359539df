import { Type, definePlugin, subprocess } from '@stormpulse/plugin-api';
import { canonicalRequest, canonicalSequence, signAsOperator, specDigest } from '@stormpulse/protocol';
import type { CommandManifestEntry, OperatorText, SignedType } from '@stormpulse/protocol';
import { newOperatorKey, nodeCrypto, nodeOperatorCrypto, readOperatorPem } from '@stormpulse/protocol/node';
import { createOperatorPolicy } from '@stormpulse/services';
import type { OperatorPolicyOptions } from '@stormpulse/services';
import { createMemoryLogger } from '@stormpulse/testing';
import type { LoggedLine } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { createReferenceVerifier } from '../conformance/reference-verifier.ts';
import { AGENT, KEY, startRig } from './agent-fixture.ts';
import type { Change, Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const pair = (): { privateKey: Uint8Array; publicKey: Uint8Array } => {
  const read = readOperatorPem(newOperatorKey().pem);
  if (read === undefined) throw new Error('the key that was just made is not readable');
  return read;
};
const OPERATOR = pair();
const STRANGER = pair();

/** A command of each confirmation: none, a click, the phrase. */
const PLUGIN = definePlugin({
  name: 'demo',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ exec: ['/bin/look', '/bin/change', '/bin/destroy'], commands: 'destructive' }),
  setup({ commands }) {
    const common = { title: 'For tests', timeout: '5s', params: Type.Object({ what: Type.Optional(Type.String()) }) } as const;
    const argv = (slot: { readonly what: unknown }) => [slot.what] as never;
    commands.register(
      subprocess({ ...common, id: 'look', effect: 'read', file: '/bin/look', argv }),
      subprocess({ ...common, id: 'change', effect: 'write', file: '/bin/change', argv }),
      subprocess({ ...common, id: 'destroy', effect: 'destructive', file: '/bin/destroy', argv }),
    );
  },
});

const log: LoggedLine[] = [];
const start = async (policy: Partial<OperatorPolicyOptions> = {}): Promise<void> => {
  log.length = 0;
  rig = await startRig({
    plugin: PLUGIN,
    kernel: {
      operator: createOperatorPolicy({
        agentId: AGENT,
        crypto: { ...nodeCrypto, ...nodeOperatorCrypto },
        keys: [
          { name: 'bob', publicKey: pair().publicKey },
          { name: 'alice', publicKey: OPERATOR.publicKey },
        ],
        require: 'all',
        commands: [],
        groups: [],
        logger: createMemoryLogger(log)('operator'),
        ...policy,
      }),
    },
  });
};

interface Message {
  readonly type: SignedType;
  readonly ts: string;
  readonly payload: Record<string, unknown>;
}
const manifest = (): Record<string, CommandManifestEntry> =>
  rig.sent('register').at(-1)?.['commands'] as Record<string, CommandManifestEntry>;
const digest = (name: string): string => {
  const entry = manifest()[name];
  if (entry === undefined) throw new Error(`${name} is not offered`);
  return specDigest(nodeCrypto, entry);
};

/** The frame as an operator co-signs it; `change` is what the operator signed instead. */
const coSigned = (frame: string, change: Partial<OperatorText> = {}, key = OPERATOR.privateKey): string => {
  const message = JSON.parse(frame) as Message;
  const { type, ts, payload } = message;
  const names = type === 'command.request' ? [payload['command'] as string] : (payload['commands'] as string[]);
  const canonicalText =
    type === 'command.request'
      ? canonicalRequest({ ...(payload as never as Parameters<typeof canonicalRequest>[0]), ts })
      : canonicalSequence({ ...(payload as never as Parameters<typeof canonicalSequence>[0]), ts });
  const text: OperatorText = { agentId: AGENT, type, specs: names.map(digest), canonicalText, ...change };
  return JSON.stringify({ ...message, payload: { ...payload, op_sig: signAsOperator(nodeOperatorCrypto, key, text) } });
};
const withSignature = (frame: string, opSig: unknown): string => {
  const message = JSON.parse(frame) as Message;
  return JSON.stringify({ ...message, payload: { ...message.payload, op_sig: opSig } });
};
const change = (more: Change = {}): string => rig.request('demo_change', { what: 'x' }, more);
const ran = (): string[] => rig.runner.calls.map(({ file }) => file);
const refusals = (): Readonly<Record<string, number>> => rig.kernel.status.refusals;

describe('SEC-072: a hub alone is not enough', () => {
  test("without an operator's signature the command is refused, with an event and no answer; with one it runs", async () => {
    await start();
    await rig.deliver(change({ id: 'r1' }));
    expect([ran(), rig.sent('command.result')]).toEqual([[], []]);
    await rig.deliver(coSigned(change()));
    expect(ran()).toEqual(['/bin/change']);
    expect(refusals()).toEqual({ operator_signature_missing: 1 });
    await rig.clock.advance(1_000);
    expect(rig.sent('events.batch').flatMap((batch) => batch['events'])).toMatchObject([
      { kind: 'signature_failure', failure_reason: 'operator_signature_missing', command_ref: 'r1' },
    ]);
    expect(log).toMatchObject([{ level: 'debug', fields: { operator: 'alice', commands: ['demo_change'] } }]);
  });

  test.each<[string, () => string]>([
    ['another key', () => coSigned(change(), {}, STRANGER.privateKey)],
    ['another host', () => coSigned(change(), { agentId: 'node-8' })],
    ['another type', () => coSigned(change(), { type: 'command.sequence' })],
    ['another version of the command', () => coSigned(change(), { specs: [`sha256:${'0'.repeat(64)}`] })],
    ['another command', () => coSigned(change(), { specs: [digest('demo_look')] })],
    ['a confirmation that was not asked', () => coSigned(change(), { confirmation: AGENT })],
    [
      'other parameters, which the hub then signed',
      () => withSignature(change(), payloadOf(coSigned(rig.request('demo_change', { what: 'y' })))['op_sig']),
    ],
    ['another nonce', () => withSignature(change(), payloadOf(coSigned(change()))['op_sig'])],
    ['nothing: 128 zeros', () => withSignature(change(), '0'.repeat(128))],
    ['upper-case digits', () => withSignature(change(), String(payloadOf(coSigned(change()))['op_sig']).toUpperCase())],
    ['an empty text', () => withSignature(change(), '')],
  ])('a signature for %s does not fit', async (_title, make) => {
    await start();
    await rig.deliver(make());
    expect([ran(), refusals()]).toEqual([[], { bad_operator_signature: 1 }]);
  });

  test.each([[7], [null], [{}], [['x']]])('op_sig = %j counts as none', async (opSig) => {
    await start();
    await rig.deliver(withSignature(change(), opSig));
    expect([ran(), refusals()]).toEqual([[], { operator_signature_missing: 1 }]);
  });

  test('SEC-058: taken off or spoiled on the way it burns no nonce, and a forged message gets no further than its HMAC', async () => {
    await start();
    const frame = coSigned(change({ nonce: 'n'.repeat(43) }));
    await rig.deliver(withSignature(frame, undefined));
    await rig.deliver(withSignature(frame, '0'.repeat(128)));
    await rig.deliver(frame.replace(/"hmac":"\w{4}/u, '"hmac":"0000'));
    expect(ran()).toEqual([]);
    await rig.deliver(frame);
    await rig.deliver(frame);
    expect(ran()).toEqual(['/bin/change']);
    expect(refusals()).toEqual({
      operator_signature_missing: 1,
      bad_operator_signature: 1,
      bad_signature: 1,
      replayed_nonce: 1,
    });
  });

  test("a command with confirm: phrase runs only when the operator signed the phrase, which is this agent's id", async () => {
    await start();
    const destroy = (): string => rig.request('demo_destroy');
    await rig.deliver(coSigned(destroy()));
    expect([ran(), refusals()]).toEqual([[], { operator_confirmation_missing: 1 }]);
    await rig.deliver(coSigned(destroy(), { confirmation: 'node-8' }));
    expect([ran(), refusals()]).toEqual([[], { operator_confirmation_missing: 1, bad_operator_signature: 1 }]);
    await rig.deliver(coSigned(destroy(), { confirmation: AGENT }));
    expect(ran()).toEqual(['/bin/destroy']);
  });

  test('a sequence is signed whole, with the digest of each command', async () => {
    await start();
    await rig.deliver(rig.sequence(['demo_look', 'demo_change']));
    await rig.deliver(coSigned(rig.sequence(['demo_look', 'demo_change']), { specs: [digest('demo_look')] }));
    expect([ran(), refusals()]).toEqual([[], { operator_signature_missing: 1, bad_operator_signature: 1 }]);
    await rig.deliver(coSigned(rig.sequence(['demo_look', 'demo_change'])));
    expect(ran()).toEqual(['/bin/look', '/bin/change']);
  });

  test('a name that is not listed is answered as that, signed or not, alone or in a sequence', async () => {
    await start();
    await rig.deliver(rig.request('demo_nothing'));
    await rig.deliver(withSignature(rig.request('demo_nothing'), '0'.repeat(128)));
    await rig.deliver(rig.sequence(['demo_look', 'demo_nothing']));
    expect(rig.sent('command.result')).toMatchObject(
      [1, 2, 3].map(() => ({ command: 'demo_nothing', failure_reason: 'validation_failed', group: 'unknown' })),
    );
    expect([ran(), refusals()]).toEqual([[], {}]);
  });
});

describe('SEC-072: which commands need it', () => {
  test.each<[string, Partial<OperatorPolicyOptions>, string[]]>([
    ['all', { require: 'all' }, []],
    ['those that ask for a confirmation', { require: 'confirm' }, ['/bin/look']],
    ['none', { require: 'none' }, ['/bin/look', '/bin/change', '/bin/destroy']],
    ['named ones', { require: 'none', commands: ['demo_change'] }, ['/bin/look', '/bin/destroy']],
    ['named ones besides', { require: 'confirm', commands: ['demo_look'] }, []],
    ['a group', { require: 'none', groups: ['demo'] }, []],
    ['another group', { require: 'none', groups: ['deploy'] }, ['/bin/look', '/bin/change', '/bin/destroy']],
  ])('%s', async (_title, policy, expected) => {
    await start(policy);
    for (const command of ['demo_look', 'demo_change', 'demo_destroy']) await rig.deliver(rig.request(command));
    expect(ran()).toEqual(expected);
  });

  test('a sequence needs it when one of its commands does', async () => {
    await start({ require: 'confirm' });
    await rig.deliver(rig.sequence(['demo_look', 'demo_look']));
    await rig.deliver(rig.sequence(['demo_look', 'demo_change']));
    expect([ran(), refusals()]).toEqual([['/bin/look', '/bin/look'], { operator_signature_missing: 1 }]);
  });

  test('a signature that is not needed and does not fit is refused all the same', async () => {
    await start({ require: 'none' });
    await rig.deliver(coSigned(change(), {}, STRANGER.privateKey));
    expect([ran(), refusals()]).toEqual([[], { bad_operator_signature: 1 }]);
  });

  test('names that this host does not offer are told at the start', async () => {
    await start({ commands: ['demo_chnage', 'demo_look'], groups: ['demo', 'deplyo'] });
    expect(log).toMatchObject([{ level: 'warn', fields: { unknown: ['demo_chnage', 'deplyo'] } }]);
  });
});

describe('SEC-072: v1 peers', () => {
  test("v1's own agent takes the same message, and an agent without [operator] too", async () => {
    await start();
    const frame = coSigned(change());
    const verify = createReferenceVerifier(KEY, 60);
    expect(await verify(frame, BigInt(Math.trunc(rig.clock.now() * 1_000)))).toEqual({ verdict: 'accept' });
    await rig.close();
    rig = await startRig({ plugin: PLUGIN });
    await rig.deliver(frame);
    await rig.deliver(withSignature(change(), 'nonsense'));
    expect([ran(), refusals()]).toEqual([['/bin/change', '/bin/change'], {}]);
  });
});

function payloadOf(frame: string): Record<string, unknown> {
  return (JSON.parse(frame) as Message).payload;
}
