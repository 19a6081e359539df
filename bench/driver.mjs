import { createServer } from 'node:https';
import { createMessage, encodeMessage, formatTimestamp, signRequest } from '@stormpulse/protocol';
import { newMessageId, newNonce, nodeCrypto } from '@stormpulse/protocol/node';
import { WebSocketServer } from 'ws';
import { issueServer } from './pki.mjs';
import { followOutput } from './told-output.mjs';

const ACKS = { heartbeat: 'heartbeat.ack', 'metrics.push': 'metrics.ack', 'events.batch': 'events.batch.ack' };

const ANSWER_MS = 15_000;

/**
 * The hub's side of a bench: an mTLS 1.3 WebSocket listener on a free port that acknowledges what agents send, signs commands,
 * and knows when a result came. It is the same for every agent measured with it, but that those of `live` may tell output while a
 * command runs.
 */
export async function startDriver(authority, { live = [] } = {}) {
  const { cert, key } = await issueServer(authority);
  const server = createServer({
    cert,
    key,
    ca: authority.pem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const registered = new Map();
  const waiting = new Map();
  const results = new Map();
  const outputs = new Map();
  const refusals = [];
  const beats = new Map();
  let strays = 0;

  sockets.on('connection', (socket) => {
    socket.on('message', (data) => receive(socket, JSON.parse(data)));
    socket.on('error', () => socket.terminate());
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });

  function receive(socket, { type, agent_id: agentId, payload }) {
    if (type === 'command.result') {
      results.get(payload.request_id)?.(payload);
      reply(socket, agentId, 'command.result.ack', { request_id: payload.request_id });
    } else if (type === 'command.output') {
      const output = outputs.get(payload.request_id);
      if (output === undefined) strays += 1;
      else output.take({ ...payload, at: payload.offset });
      reply(socket, agentId, 'command.output.ack', { request_id: payload.request_id, seq: payload.seq });
    } else if (type === 'register') {
      reply(socket, agentId, 'register.ok', {
        features: live.includes(agentId) ? ['results.ack', 'command.output'] : ['results.ack'],
      });
      registered.set(agentId, socket);
      waiting.get(agentId)?.();
    } else if (type in ACKS) {
      if (type === 'heartbeat') beats.set(agentId, [...(beats.get(agentId) ?? []), performance.now()]);
      if (type === 'events.batch') refusals.push(...payload.events.filter((event) => event.kind !== 'reconnect').slice(0, 3));
      reply(socket, agentId, ACKS[type], payload.batch_id === undefined ? {} : { batch_id: payload.batch_id });
    }
  }

  function send(agentId, hmacKey, { command, params }) {
    const id = newMessageId();
    const ts = formatTimestamp(BigInt(Date.now()) * 1_000n);
    const nonce = newNonce();
    const payload = { command, params, hmac: signRequest(nodeCrypto, hmacKey, { command, params, nonce, ts }), nonce };
    registered.get(agentId).send(encodeMessage(createMessage('command.request', agentId, payload, { id, ts })));
    return id;
  }

  /** The result, or undefined when none came in time. */
  function answerTo(id, withinMs) {
    return new Promise((resolve) => {
      const settle = (result) => {
        clearTimeout(timer);
        results.delete(id);
        outputs.delete(id);
        resolve(result);
      };
      const timer = setTimeout(settle, withinMs);
      results.set(id, settle);
    });
  }

  /**
   * Signs and sends one command. Gives its `result` (undefined when none came within `withinMs`), `elapsed` in milliseconds from
   * before it was signed, and the `output` it told while it ran.
   */
  async function order(agentId, hmacKey, { command, params = {}, withinMs = ANSWER_MS }) {
    const output = followOutput((text) => Buffer.byteLength(text));
    const begun = performance.now();
    const id = send(agentId, hmacKey, { command, params });
    outputs.set(id, output);
    const result = await answerTo(id, withinMs);
    return { result, elapsed: performance.now() - begun, output };
  }

  return {
    url: `wss://localhost:${server.address().port}/ws/pulse/`,

    /** Resolves when the agent has registered. */
    whenRegistered(agentId, withinMs = 20_000) {
      if (registered.has(agentId)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${agentId} did not register in ${withinMs} ms`)), withinMs);
        waiting.set(agentId, () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },

    /** Its next registration counts as its first. */
    forget(agentId) {
      registered.delete(agentId);
      beats.delete(agentId);
    },

    /** When the heartbeats of an agent came, in milliseconds. */
    beatsOf: (agentId) => beats.get(agentId) ?? [],

    order,

    /** Why agents refused, the first of each batch of events. */
    refusals,

    /** Pieces of output that came before their command was sent or after its result. */
    strays: () => strays,

    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function reply(socket, agentId, type, payload) {
  const stamp = { id: newMessageId(), ts: formatTimestamp(BigInt(Date.now()) * 1_000n) };
  socket.send(encodeMessage(createMessage(type, agentId, payload, stamp)));
}
