import { createHmac, randomBytes } from 'node:crypto';
import { createMessage, encodeMessage, formatTimestamp, signRequest } from '@stormpulse/protocol';
import { newMessageId, newNonce, nodeCrypto } from '@stormpulse/protocol/node';

export const AGENT_ID = 'bench-1';
const FRAME_BYTES = 512;

/** A key as an agent holds it. */
export function newKey() {
  return Buffer.from(randomBytes(32).toString('hex'));
}

/** `count` signed requests of exactly 512 bytes, as the bytes of a WebSocket frame, and the HMAC-SHA256 of those bytes. */
export function createFrames(count, key, unixMs) {
  const ts = formatTimestamp(BigInt(unixMs) * 1_000n);
  const padding = 'x'.repeat(FRAME_BYTES - frameOf(key, ts, '').length);
  const frames = Array.from({ length: count }, () => frameOf(key, ts, padding));
  return frames.map((bytes) => ({ bytes, hmac: createHmac('sha256', key).update(bytes).digest() }));
}

function frameOf(key, ts, line) {
  const request = { command: 'echo', params: { line, tail_lines: '100' }, nonce: newNonce(), ts };
  const payload = {
    command: request.command,
    params: request.params,
    hmac: signRequest(nodeCrypto, key, request),
    nonce: request.nonce,
  };
  return Buffer.from(encodeMessage(createMessage('command.request', AGENT_ID, payload, { id: newMessageId(), ts })));
}
