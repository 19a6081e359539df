import { createHmac, randomBytes, randomUUID } from 'node:crypto';

/** An envelope as it stands on the wire; nothing of it is checked. */
export interface WireMessage {
  readonly v: number;
  readonly type: string;
  readonly id: string;
  readonly ts: string;
  readonly agent_id: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a request's signature covers. */
export interface RequestFields {
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly nonce: string;
  readonly ts: string;
}

/** What a sequence's signature covers. */
export interface SequenceFields {
  readonly sequenceId: string;
  readonly commands: readonly string[];
  readonly stopOnFailure: boolean;
  readonly nonce: string;
  readonly ts: string;
}

/** The canonical spelling (wire page, 1.3): no fraction when it is zero, else six digits. `unixMs` may have a fraction. */
export function wireTime(unixMs: number = Date.now()): string {
  const micros = Math.round((unixMs % 1_000) * 1_000);
  const seconds = new Date(Math.floor(unixMs / 1_000) * 1_000).toISOString().slice(0, 19);
  return micros === 0 ? `${seconds}Z` : `${seconds}.${String(micros).padStart(6, '0')}Z`;
}

export function envelope(type: string, agentId: string, payload: object, fields: { id?: string; ts?: string } = {}): WireMessage {
  const { id = randomUUID(), ts = wireTime() } = fields;
  return { v: 1, type, id, ts, agent_id: agentId, payload: payload as Record<string, unknown> };
}

/** The HMAC of a request (wire page, 3.1). Written out here on purpose: our own library must not vouch for itself. */
export function hmacOfRequest(key: Buffer, { command, params, nonce, ts }: RequestFields): string {
  const pairs = Object.entries(params)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')))
    .map(([name, value]) => `${name}=${value}`);
  return hmac(key, ['v1', command, pairs.join('&'), nonce, ts]);
}

/** The HMAC of a sequence (wire page, 3.1). */
export function hmacOfSequence(key: Buffer, { sequenceId, commands, stopOnFailure, nonce, ts }: SequenceFields): string {
  return hmac(key, ['v1', sequenceId, commands.join(','), stopOnFailure ? 'true' : 'false', nonce, ts]);
}

/** 43 characters of base64url, as v1's hub makes them. */
export function wireNonce(): string {
  return randomBytes(32).toString('base64url');
}

/** A signed `command.request`. */
export function signedRequest(
  key: Buffer,
  agentId: string,
  command: string,
  params: Readonly<Record<string, string>> = {},
  stamp: { readonly ts?: string; readonly nonce?: string; readonly id?: string } = {},
): WireMessage {
  const { ts = wireTime(), nonce = wireNonce(), id = randomUUID() } = stamp;
  const payload = { command, params, hmac: hmacOfRequest(key, { command, params, nonce, ts }), nonce };
  return envelope('command.request', agentId, payload, { id, ts });
}

/** A signed `command.sequence`. */
export function signedSequence(
  key: Buffer,
  agentId: string,
  commands: readonly string[],
  options: { readonly stopOnFailure?: boolean; readonly sequenceId?: string } = {},
): WireMessage {
  const { stopOnFailure = true, sequenceId = randomUUID() } = options;
  const [ts, nonce] = [wireTime(), wireNonce()];
  const payload = {
    sequence_id: sequenceId,
    commands,
    stop_on_failure: stopOnFailure,
    hmac: hmacOfSequence(key, { sequenceId, commands, stopOnFailure, nonce, ts }),
    nonce,
  };
  return envelope('command.sequence', agentId, payload, { ts });
}

function hmac(key: Buffer, lines: readonly string[]): string {
  return createHmac('sha256', key)
    .update(Buffer.from(lines.join('\n'), 'utf8'))
    .digest('hex');
}
