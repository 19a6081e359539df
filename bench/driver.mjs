import { createServer } from 'node:https';
import { createMessage, encodeMessage, formatTimestamp, signRequest } from '@stormpulse/protocol';
import { newMessageId, newNonce, nodeCrypto } from '@stormpulse/protocol/node';
import { WebSocketServer } from 'ws';
import { issueServer } from './pki.mjs';

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
      results.delete(payload.request_id);
      reply(socket, agentId, 'command.result.ack', { request_id: payload.request_id });
    } else if (type === 'command.output') {
      outputs.get(payload.request_id)?.(process.hrtime.bigint(), payload);
      reply(socket, agentId, 'command.output.ack', { request_id: payload.request_id, seq: payload.seq });
    } else if (type === 'register') {
      reply(socket, agentId, 'register.ok', {
        features: live.includes(agentId) ? ['results.ack', 'command.output'] : ['results.ack'],
      });
      registered.set(agentId, socket);
      waiting.get(agentId)?.();
    } else if (type in ACKS) {
      if (type === 'events.batch') refusals.push(...payload.events.filter((event) => event.kind !== 'reconnect').slice(0, 3));
      reply(socket, agentId, ACKS[type], payload.batch_id === undefined ? {} : { batch_id: payload.batch_id });
    }
  }

  function order(agentId, hmacKey, command, params) {
    const id = newMessageId();
    const ts = formatTimestamp(BigInt(Date.now()) * 1_000n);
    const nonce = newNonce();
    const payload = { command, params, hmac: signRequest(nodeCrypto, hmacKey, { command, params, nonce, ts }), nonce };
    const answer = new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ refusals }), ANSWER_MS);
      results.set(id, (result) => {
        clearTimeout(timer);
        resolve(result);
      });
    });
    registered.get(agentId).send(encodeMessage(createMessage('command.request', agentId, payload, { id, ts })));
    return { id, answer };
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

    /** Signs and sends one `echo`; milliseconds until its result is here. Throws when the output is not the text sent. */
    async echo(agentId, hmacKey, text) {
      const begun = performance.now();
      const result = await order(agentId, hmacKey, 'echo', { text }).answer;
      const elapsed = performance.now() - begun;
      if (result.stdout !== `${text}\n`) throw new Error(`${agentId} answered ${JSON.stringify(result)}`);
      return elapsed;
    },

    /** Milliseconds from the moment a command wrote its first byte, which it names, until that byte is here. */
    async firstByte(agentId, hmacKey) {
      const { id, answer } = order(agentId, hmacKey, 'stamp', {});
      let elapsed;
      outputs.set(id, (hereAt, { text }) => (elapsed ??= Number(hereAt - BigInt(text.trim())) / 1e6));
      const result = await answer;
      outputs.delete(id);
      if (elapsed === undefined) throw new Error(`${agentId} told no output before ${JSON.stringify(result)}`);
      return elapsed;
    },

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
