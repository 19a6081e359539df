import { isSignedType, ProtocolError } from '@stormpulse/protocol';
import type { Dialect } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { createVerifier } from '@stormpulse/kernel';
import { expectSame, fail } from './cases.ts';
import type { Cases } from './cases.ts';
import { createNonceMemory } from './nonce-memory.ts';
import { readFrame } from './frame-verifier.ts';
import type { FrameVerifier, Outcome } from './frame-verifier.ts';
import { createReferenceVerifier } from './reference-verifier.ts';
import { bytes, number, section, text } from './vectors.ts';
import type { Vector } from './vectors.ts';

interface Context {
  readonly dialect: Dialect;
  readonly agentId: string;
  readonly cases: Cases;
}

/** Plays the steps of one scenario of `verify` against one verifier with its own nonce store; each step is a case. */
export async function checkScenario(scenario: Vector, { dialect, agentId, cases }: Context): Promise<void> {
  const key = bytes(scenario, 'secret_b64');
  const maxAgeSeconds = number(scenario, 'max_age_seconds');
  const steps = section(scenario, 'steps');
  const declared = steps.flatMap(declaredKeys);
  const verify =
    dialect === 'reference'
      ? createReferenceVerifier(key, maxAgeSeconds)
      : hardenedVerifier({ key, maxAgeSeconds, agentId, declared });
  for (const [index, step] of steps.entries()) {
    await cases.check(`verify/${text(scenario, 'id')}[${index}]`, async () => {
      const outcome = await verify(text(step, 'raw'), BigInt(Math.round(number(step, 'now_unix') * 1e6)));
      if (dialect === 'reference') expectReference(outcome, step);
      else expectHardened(outcome, step);
    });
  }
}

/** The parameters the command under test declares: a list, or as the shared file has it, the words of a note. */
function declaredKeys(step: Vector): readonly string[] {
  if (Array.isArray(step['declared'])) return step['declared'] as readonly string[];
  const { note } = step;
  const listed = typeof note === 'string' ? /^declared keys: ([\w, ]+)$/.exec(note)?.[1] : undefined;
  return listed === undefined ? [] : listed.split(', ');
}

function hardenedVerifier(options: {
  readonly key: Uint8Array;
  readonly maxAgeSeconds: number;
  readonly agentId: string;
  readonly declared: readonly string[];
}): FrameVerifier {
  const { key, maxAgeSeconds, agentId, declared } = options;
  let nowMicros = 0n;
  const verifier = createVerifier({
    agentId,
    key,
    maxAgeSeconds,
    crypto: nodeCrypto,
    dialect: 'hardened',
    clock: { now: () => Number(nowMicros) / 1000 },
    nonces: createNonceMemory(maxAgeSeconds, () => nowMicros),
    declaredParams: () => declared,
    isCommand: () => false,
  });
  return async (raw, now) => {
    nowMicros = now;
    const message = readFrame(raw, 'hardened');
    if (message instanceof ProtocolError) return { verdict: 'drop', error: message };
    // The dispatcher never hands another type to the verifier.
    if (!isSignedType(message.type)) return { verdict: 'refuse', reason: 'wrong_type' };
    const verdict = await verifier.verify(message);
    return verdict.kind === 'refused' ? { verdict: 'refuse', reason: verdict.reason } : { verdict: 'accept' };
  };
}

function expectReference(outcome: Outcome, step: Vector): void {
  expectSame('upstream', outcome.verdict, step['upstream']);
  if (outcome.verdict === 'refuse') expectSame('reason', outcome.reason, step['reason']);
  if (outcome.verdict !== 'drop') return;
  const { kind, name, referenceClass } = outcome.error;
  expectSame('error_class', referenceClass ?? name, step['error_class']);
  if (kind !== 'uncaught' || step['error_kind'] !== undefined) expectSame('error_kind', kind, step['error_kind']);
}

/** Where `hardened` is absent the reference's verdict holds, with the reason it names; a drop may be a refusal by that name. */
function expectHardened(outcome: Outcome, step: Vector): void {
  const expected = step['hardened'] ?? step['upstream'];
  const named = outcome.verdict === 'refuse' ? outcome.reason : outcome.verdict === 'drop' ? outcome.error.kind : undefined;
  if (expected === 'accept') {
    if (outcome.verdict !== 'accept') fail(`refused as ${named}, should be accepted`);
    return;
  }
  if (expected !== 'refuse' && expected !== 'drop') fail(`unknown verdict ${JSON.stringify(expected)}`);
  if (outcome.verdict === 'accept') fail('accepted, should be refused');
  if (step['hardened'] === undefined) expectSame('reason', named, step['reason'] ?? step['error_kind']);
}
