import { AGENT_JSON_LIMITS, parseFrame, ProtocolError } from '@stormpulse/protocol';
import type { Dialect, RawEnvelope } from '@stormpulse/protocol';

/** What became of one signed frame. */
export type Outcome =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'refuse'; readonly reason: string }
  | { readonly verdict: 'drop'; readonly error: ProtocolError };

/** Verifies one frame at a time of the wall clock, in Unix microseconds. */
export type FrameVerifier = (raw: string, nowMicros: bigint) => Promise<Outcome>;

/** The frame's envelope, or what was wrong with it. */
export function readFrame(raw: string, dialect: Dialect): RawEnvelope | ProtocolError {
  try {
    return parseFrame(raw, { dialect, limits: AGENT_JSON_LIMITS });
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}
