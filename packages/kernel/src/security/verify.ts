import { ambiguousParams, boundRequestId, checkFreshness, checkSignedPayload, verifySignature } from '@stormpulse/protocol';
import type { Dialect, ProtocolCrypto, RawEnvelope, RefusalReason, SignedPayload } from '@stormpulse/protocol';
import type { Acceptance, Clock, NonceStore } from '../ports.ts';

/** A command that may be dispatched. Only {@link createVerifier} makes one. */
export type VerifiedCommand =
  | {
      readonly kind: 'request';
      readonly nonce: string;
      /** The envelope id; unsigned, names the answer. */
      readonly requestId: string;
      readonly command: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'sequence';
      readonly nonce: string;
      readonly requestId: string;
      readonly sequenceId: string;
      readonly commands: readonly string[];
      readonly stopOnFailure: boolean;
    };

/** Why a signed message was refused; there is no reply to it, only an event. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** The envelope id, at most 100 characters. */
  readonly commandRef: string;
}

export type Verdict = VerifiedCommand | Refusal;

export interface Verifier {
  /** Never rejects. Resolves after the nonce is on disk, or with the first check that failed (SEC-058). */
  verify(message: RawEnvelope): Promise<Verdict>;
}

export interface VerifierOptions {
  readonly agentId: string;
  readonly key: Uint8Array;
  readonly crypto: ProtocolCrypto;
  readonly clock: Pick<Clock, 'now'>;
  readonly nonces: NonceStore;
  readonly dialect: Dialect;
  readonly maxAgeSeconds: number;
  /** The parameters a command declares; none for a command that is not listed. */
  readonly declaredParams: (command: string) => readonly string[];
  readonly isCommand: (name: string) => boolean;
  /** What `interrupted` would say of it. */
  readonly groupOf?: (command: string) => string | undefined;
  /** Whether this connection's hub derives its ids from the nonces (SEC-071). */
  readonly bindsIds?: () => boolean;
  /** What the host's operators say of a message that the hub signed (SEC-072). */
  readonly coSignature?: (signed: SignedMessage) => RefusalReason | undefined;
}

/**
 * The checks in their order (SEC-058; wire page, 3.3): freshness, shape, signature, ambiguity, id, co-signature, and last the nonce,
 * so that a forged message neither burns a nonce nor touches the disk. The hub's signature does not cover the operator's: one
 * taken off on the way must not burn the nonce of the true message either. SEC-054 to 066 hold in both dialects (D1).
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return {
    async verify(message) {
      const nowMs = options.clock.now();
      const checked = checkUnclaimed(message, nowMs, options);
      if ('kind' in checked) return checked;
      const command = verified(message, checked);
      const refusal = await options.nonces.claim(command.nonce, message.timestamp.micros, nowMs, acceptance(command, options));
      return refusal === undefined ? command : refuse(message, refusal);
    },
  };
}

/** A message whose shape is right. */
export type SignedMessage = SignedPayload;

function checkUnclaimed(message: RawEnvelope, nowMs: number, options: VerifierOptions): SignedMessage | Refusal {
  const { maxAgeSeconds, agentId, crypto, key, isCommand: hasCommand } = options;
  const stale = checkFreshness(message.timestamp, BigInt(Math.trunc(nowMs * 1_000)), maxAgeSeconds);
  if (stale !== undefined) return refuse(message, stale);
  const lenient = options.dialect === 'reference';
  const signed = checkSignedPayload(message, 'hardened', { agentId, hasCommand, lenient });
  if (!signed.ok) return refuse(message, signed.reason);
  if (!verifySignature(crypto, key, signed.canonicalText, signed.payload.hmac)) return refuse(message, 'bad_signature');
  if (signed.type === 'command.request') {
    const { command, params } = signed.payload;
    // A name that is not declared is refused later, by name; what must not happen is one text with two readings, and only
    // a value with an ampersand can give it a second.
    if (Object.values(params).some((value) => value.includes('&'))) {
      const names = [...options.declaredParams(command), ...Object.keys(params)];
      if (ambiguousParams(names, params)) return refuse(message, 'ambiguous_params');
    }
  }
  if (options.bindsIds?.() === true && message.id !== boundRequestId(crypto, signed.payload.nonce))
    return refuse(message, 'wrong_request_id');
  const unsigned = options.coSignature?.(signed);
  return unsigned === undefined ? signed : refuse(message, unsigned);
}

function verified(message: RawEnvelope, signed: SignedMessage): VerifiedCommand {
  if (signed.type === 'command.request') {
    const { command, params, nonce } = signed.payload;
    return { kind: 'request', nonce, requestId: message.id, command, params };
  }
  const { sequence_id: sequenceId, commands, stop_on_failure: stopOnFailure, nonce } = signed.payload;
  return { kind: 'sequence', nonce, requestId: message.id, sequenceId, commands, stopOnFailure };
}

function acceptance(accepted: VerifiedCommand, { groupOf }: VerifierOptions): Acceptance {
  const names = accepted.kind === 'request' ? [accepted.command] : accepted.commands;
  return {
    requestId: accepted.requestId,
    sequenceId: accepted.kind === 'request' ? null : accepted.sequenceId,
    steps: names.map((command) => ({ command, group: groupOf?.(command) ?? 'unknown' })),
  };
}

function refuse(message: RawEnvelope, reason: RefusalReason): Refusal {
  return { kind: 'refused', reason, commandRef: message.id.slice(0, 100).toWellFormed() };
}

/** The refusal of a message that a fault of the agent kept from being verified or dispatched. */
export function unspecified(message: RawEnvelope): Refusal {
  return refuse(message, 'unspecified');
}
