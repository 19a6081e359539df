import { digestOf } from './canonical-json.ts';
import type { ProtocolCrypto } from './crypto.ts';
import type { SignedType } from './message-types.ts';
import type { CommandManifestEntry } from './payloads/manifest.ts';
import { ProtocolError } from './protocol-error.ts';
import { toHex } from './signature.ts';
import { isWireName } from './signed-fields.ts';

/** Ed25519, handed in like the hashes. `@stormpulse/protocol/node` binds it; a browser signs {@link operatorText} itself. */
export interface OperatorCrypto {
  /** `privateKey` is the seed, 32 bytes. The signature has 64. */
  sign(privateKey: Uint8Array, text: string): Uint8Array;
  /** `publicKey` has 32 bytes. False for whatever is no signature of the text. */
  verify(publicKey: Uint8Array, text: string, signature: Uint8Array): boolean;
}

/** What an operator's signature covers beside v1's text (SEC-072). */
export interface OperatorText {
  /** The one agent that may run it: a key serves many hosts, and v1's text names none. */
  readonly agentId: string;
  readonly type: SignedType;
  /** {@link specDigest} of each command in order: one for a request. */
  readonly specs: readonly string[];
  /** What the operator typed for a command with `confirm: phrase`: the agent's id. */
  readonly confirmation?: string | undefined;
  /** v1's signed text, as `canonicalRequest` or `canonicalSequence` gives it. */
  readonly canonicalText: string;
}

/**
 * The text an operator signs, a line each: `stormpulse-op-v1`, agent id, message type, spec digests joined by `,`,
 * confirmation or `-`, then v1's text. Throws `unsignable` when a line would not be one line.
 */
export function operatorText({ agentId, type, specs, confirmation = '-', canonicalText }: OperatorText): string {
  // An agent called - would have its phrase in every text.
  if (
    agentId === '-' ||
    ![agentId, confirmation].every(isWireName) ||
    specs.length === 0 ||
    !specs.every((spec) => DIGEST.test(spec))
  )
    throw new ProtocolError('unsignable', 'an operator signs for one agent id, with the digest of each command');
  return ['stormpulse-op-v1', agentId, type, specs.join(','), confirmation, canonicalText].join('\n');
}

/** The digest of what a command is: `sha256:` and the hex SHA-256 of the canonical JSON of its manifest entry in `register`. */
export function specDigest(crypto: ProtocolCrypto, entry: CommandManifestEntry): string {
  return digestOf(crypto, entry);
}

/** `op_sig`: 128 lower-case hex digits. Throws `unsignable`, or `not_well_formed` for a lone surrogate. */
export function signAsOperator(crypto: OperatorCrypto, privateKey: Uint8Array, request: OperatorText): string {
  const text = operatorText(request);
  if (!text.isWellFormed()) throw new ProtocolError('not_well_formed', 'a text with a lone surrogate cannot be signed');
  return toHex(crypto.sign(privateKey, text));
}

/** Whether `signature` is one of the key over exactly this: 128 lower-case hex digits, nothing else. */
export function verifyOperatorSignature(
  crypto: OperatorCrypto,
  publicKey: Uint8Array,
  request: OperatorText,
  signature: string,
): boolean {
  if (!SIGNATURE.test(signature)) return false;
  const text = operatorText(request);
  if (!text.isWellFormed()) return false;
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => Number.parseInt(signature.slice(at * 2, at * 2 + 2), 16));
  return crypto.verify(publicKey, text, bytes);
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;
