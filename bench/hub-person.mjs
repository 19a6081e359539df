import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { followOutput } from './told-output.mjs';

const ENDED = new Set(['succeeded', 'failed', 'cancelled', 'interrupted', 'unknown', 'expired', 'refused']);

/** Signs in with the hub's one-time link and follows its stream, over connections that stay open, as its page does. */
export async function signIn(setupLink) {
  const { origin, hash } = new URL(setupLink);
  const agent = new Agent({ keepAlive: true });
  const headers = { origin, 'content-type': 'application/json' };

  async function call(method, path, body, more = {}) {
    const sent = request(`${origin}/api/v1${path}`, { method, agent, headers: { ...headers, ...more } });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = await once(sent, 'response');
    return answer;
  }

  async function post(path, body, more) {
    const answer = await call('POST', path, body, more);
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    if (answer.statusCode >= 300) throw new Error(`the hub answered ${answer.statusCode}: ${text}`);
    return { answer, value: JSON.parse(text) };
  }

  const { answer, value } = await post('/setup', { code: hash.slice(1) });
  headers.cookie = answer.headers['set-cookie'][0].split(';', 1)[0];
  headers['x-sp-csrf'] = value.csrf;

  const linkUp = new Map();
  /** What the stream told of each run that is being ordered, or was told of before the answer that names it. */
  const orders = new Map();
  const stream = await call('GET', '/stream/fleet');
  let event;
  createInterface({ input: stream }).on('line', (line) => {
    if (line.startsWith('event: ')) event = line.slice(7);
    if (!line.startsWith('data: ')) return;
    const data = JSON.parse(line.slice(6));
    if (event === 'run-output') orderOf(data.run).output.take(data);
    if (event === 'run' && ENDED.has(data.state)) orderOf(data.id).end(data);
    if (event === 'agents' && data?.liveness.link.state === 'up') linkUp.get(data.id)?.();
  });

  function orderOf(run) {
    if (!orders.has(run)) orders.set(run, newOrder());
    return orders.get(run);
  }

  return {
    /** Resolves when the hub says that the agent is connected. */
    whenUp: (agentId) => new Promise((resolve) => linkUp.set(agentId, resolve)),

    /**
     * Orders one command. `result` is undefined when none came within `withinMs`; `elapsed` is in milliseconds from before the call;
     * `inOrder` tells whether the output that was told meanwhile is the beginning of it, piece by piece.
     */
    async order(agentId, command, params, withinMs) {
      const begun = performance.now();
      const { value: run } = await post('/runs', { agent: agentId, command, params }, { 'idempotency-key': randomUUID() });
      const order = orderOf(run.id);
      let timer;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, withinMs);
      });
      const result = (await Promise.race([order.ended, late]))?.target.result;
      const elapsed = performance.now() - begun;
      clearTimeout(timer);
      orders.delete(run.id);
      return { result, elapsed, inOrder: !result || order.output.inOrder(result) };
    },

    async get(path) {
      const answer = await call('GET', path);
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      if (answer.statusCode !== 200) throw new Error(`the hub answered ${answer.statusCode}: ${text}`);
      return JSON.parse(text);
    },

    close() {
      stream.destroy();
      agent.destroy();
    },
  };
}

function newOrder() {
  let end;
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  return { end, ended, output: followOutput((text) => text.length) };
}
