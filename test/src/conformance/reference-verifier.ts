import {
  checkFreshness,
  checkSignedPayload,
  hmacHex,
  isSignedType,
  ProtocolError,
  PythonFloat,
  pythonText,
} from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { readFrame } from './frame-verifier.ts';
import type { FrameVerifier, Outcome } from './frame-verifier.ts';

/** The reference agent's checks in its order (wire page, sections 3.3 to 3.6), with its nonce retention. */
export function createReferenceVerifier(key: Uint8Array, maxAgeSeconds: number): FrameVerifier {
  const claim = createReferenceNonces(maxAgeSeconds);
  return async (raw, nowMicros) => {
    try {
      return verify(raw, nowMicros, { key, maxAgeSeconds, claim });
    } catch (error) {
      if (error instanceof ProtocolError) return { verdict: 'drop', error };
      throw error;
    }
  };
}

interface Agent {
  readonly key: Uint8Array;
  readonly maxAgeSeconds: number;
  readonly claim: (nonce: unknown, nowMicros: bigint) => boolean;
}

function verify(raw: string, nowMicros: bigint, { key, maxAgeSeconds, claim }: Agent): Outcome {
  const message = readFrame(raw, 'reference');
  if (message instanceof ProtocolError) throw message;
  if (!isSignedType(message.type)) return { verdict: 'refuse', reason: 'wrong_type' };
  const stale = checkFreshness(message.timestamp, nowMicros, maxAgeSeconds);
  if (stale !== undefined) return { verdict: 'refuse', reason: stale };
  const checked = checkSignedPayload(message, 'reference');
  if (!checked.ok) return { verdict: 'refuse', reason: checked.reason };
  if (hmacHex(nodeCrypto, key, checked.canonicalText) !== checked.payload.hmac)
    return { verdict: 'refuse', reason: 'bad_signature' };
  return claim(checked.payload.nonce, nowMicros) ? { verdict: 'accept' } : { verdict: 'refuse', reason: 'replayed_nonce' };
}

/** `seen_nonces`: purged by age since arrival before the look-up; a null never equals itself. */
function createReferenceNonces(maxAgeSeconds: number): Agent['claim'] {
  const seen = new Map<string, bigint>();
  return (nonce, nowMicros) => {
    const oldest = nowMicros - BigInt(Math.round(maxAgeSeconds * 1e6));
    for (const [known, at] of seen) if (at < oldest) seen.delete(known);
    if (nonce === null) return true;
    const stored = sqliteText(nonce);
    if (seen.has(stored)) return false;
    seen.set(stored, nowMicros);
    return true;
  };
}

/** How a column of type TEXT stores what Python binds. */
function sqliteText(nonce: unknown): string {
  if (typeof nonce === 'boolean') return nonce ? '1' : '0';
  if (typeof nonce === 'object' && !(nonce instanceof PythonFloat)) {
    throw new ProtocolError('uncaught', 'a nonce of this type cannot be stored', { referenceClass: 'ProgrammingError' });
  }
  return pythonText(nonce);
}
