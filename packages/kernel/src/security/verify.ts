import { ProtocolError, ambiguousParams, checkFreshness, checkSignedPayload, verifySignature } from '@stormpulse/protocol';
import type { Dialect, ProtocolCrypto, RawEnvelope, RefusalReason, SignedPayload } from '@stormpulse/protocol';
import type { Clock, NonceStore } from '../ports.ts';

/** A command that may be dispatched. Only {@link createVerifier} makes one. */
export type VerifiedCommand =
  | {
      readonly kind: 'request';
      /** The envelope id; unsigned, names the answer. */
      readonly requestId: string;
      readonly command: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'sequence';
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
  readonly text: string;
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
}

/**
 * The checks in their order (SEC-058; wire page, 3.3): freshness, shape, signature, ambiguity, and last the nonce, so that
 * a forged message neither burns a nonce nor touches the disk. SEC-054 to 066 hold in both dialects (D1).
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return {
    async verify(message) {
      const checked = checkUnclaimed(message, options);
      if ('kind' in checked) return checked;
      const refusal = await options.nonces.claim(checked.payload.nonce, message.timestamp.micros);
      return refusal === undefined ? verified(message, checked) : refuse(message, refusal);
    },
  };
}

type Signed = Extract<SignedPayload, { readonly ok: true }>;

function checkUnclaimed(message: RawEnvelope, options: VerifierOptions): Signed | Refusal {
  const { clock, maxAgeSeconds, agentId, crypto, key } = options;
  const stale = checkFreshness(message.timestamp, BigInt(Math.trunc(clock.now() * 1_000)), maxAgeSeconds);
  if (stale !== undefined) return refuse(message, stale);
  const signed = shapeOf(message, options, agentId);
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
  return signed;
}

/** `strict = false` restores the reference's reading of SEC-050 to 053, never of what the signature rests on (D1). */
function shapeOf(message: RawEnvelope, options: VerifierOptions, agentId: string): ReturnType<typeof checkSignedPayload> {
  try {
    const lenient = options.dialect === 'reference';
    const context = { hasCommand: options.isCommand, ...(lenient ? {} : { agentId }) };
    return checkSignedPayload(message, 'hardened', context);
  } catch (error) {
    if (error instanceof ProtocolError) return { ok: false, reason: 'payload_missing_fields' };
    throw error;
  }
}

function verified(message: RawEnvelope, signed: Signed): VerifiedCommand {
  const requestId = message.id;
  if (signed.type === 'command.request') {
    const { command, params } = signed.payload;
    return { kind: 'request', requestId, command, params };
  }
  const { sequence_id: sequenceId, commands, stop_on_failure: stopOnFailure } = signed.payload;
  return { kind: 'sequence', requestId, sequenceId, commands, stopOnFailure };
}

const TEXTS: Partial<Record<RefusalReason, string>> = {
  future_dated: "the command is dated more than 5 s ahead of this host's clock; check both clocks",
  too_old: 'the command is older than command_max_age_seconds; check both clocks, or send it again',
  bad_signature: 'the signature does not fit; the hub holds another key than this agent, or the message was changed on its way',
  replayed_nonce: 'the command was received before; each is good for one run',
  ambiguous_params: 'the parameters have a second reading under the same signature',
  wrong_agent: 'the command is addressed to another agent',
  before_floor: "the command is dated before this agent's nonce store began; send it again",
  clock_rollback: "this host's clock stepped back; commands are refused until it has caught up",
  nonce_store_full: 'the nonce store is full; send the command again in a minute',
  unspecified: "a fault of the agent kept it from being acted on; see the agent's log",
  nonce_store_fault: "the nonce store cannot be written; see the agent's log and its disk",
};

function refuse(message: RawEnvelope, reason: RefusalReason): Refusal {
  return {
    kind: 'refused',
    reason,
    commandRef: message.id.slice(0, 100).toWellFormed(),
    text: TEXTS[reason] ?? `the signed message is malformed: ${reason}`,
  };
}

/** The refusal of a message that a fault of the agent kept from being verified or dispatched. */
export function unspecified(message: RawEnvelope): Refusal {
  return refuse(message, 'unspecified');
}
