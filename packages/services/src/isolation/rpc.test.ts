import { CommandFailed, isAgentError } from '@stormpulse/plugin-api';
import { expect, test } from 'vitest';
import { Rpc } from './rpc.ts';
import type { RpcOptions } from './rpc.ts';

/** Two ends of one line. */
function pair(onCall: RpcOptions['onCall']): {
  readonly asking: Rpc;
  readonly broken: string[];
  readonly sent: string[];
  readonly say: (frame: string) => void;
} {
  const broken: string[] = [];
  const sent: string[] = [];
  const asking: Rpc = new Rpc({
    send: (frame) => {
      sent.push(frame);
      answering.receive(frame);
    },
    onCall: () => Promise.resolve(),
    onNote: () => undefined,
    onBroken: (why) => broken.push(why),
  });
  const answering = new Rpc({
    send: (frame) => asking.receive(frame),
    onCall,
    onNote: () => undefined,
    onBroken: (why) => broken.push(why),
  });
  return { asking, broken, sent, say: (frame) => asking.receive(frame) };
}

test('an error keeps its code and details across the line, and nothing else', async () => {
  const { asking } = pair(() => Promise.reject(CommandFailed({ reason: 'no_disk', message: 'no disk', extras: { free: 0 } })));
  const error: unknown = await asking.call('run', {}).catch((thrown: unknown) => thrown);
  expect(isAgentError(error) && error.toWire()).toMatchObject({
    code: 'E_COMMAND_FAILED',
    details: { reason: 'no_disk', extras: { free: 0 } },
  });
});

test('an abort reaches the one who answers, with its reason', async () => {
  const { asking } = pair(
    async (_, __, { signal }) =>
      await new Promise((resolve) => signal.addEventListener('abort', () => resolve(String(signal.reason)))),
  );
  const abort = new AbortController();
  const answer = asking.call('run', {}, abort.signal);
  abort.abort(new Error('the operator said so'));
  expect(await answer).toBe('Error: the operator said so');
});

test('what is too large for the line is refused, and the line lives on', async () => {
  const { asking } = pair((name) => Promise.resolve(name === 'large' ? 'x'.repeat(9 * 1_048_576) : 'small'));
  await expect(asking.call('large', {})).rejects.toThrow('the answer has 94');
  await expect(asking.call('small', { text: 'ü'.repeat(5 * 1_048_576) })).rejects.toThrow('ask for less');
  expect(await asking.call('small', {})).toBe('small');
});

test.each([
  ['no JSON', '{"call": '],
  ['no message', '[1]'],
  ['a call without arguments', '{"call":1,"name":"run"}'],
  ['an answer to nothing', '{"answer":99}'],
  ['what nobody can walk to its end', `{"call":1,"name":"run","args":{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`],
])('SEC-206: %s breaks the line, in words', (_, frame) => {
  const { broken, say } = pair(() => Promise.resolve());
  say(frame);
  expect(broken).toHaveLength(1);
});

test('brackets within texts are no depth', async () => {
  const { asking } = pair((_, { text }) => Promise.resolve(text));
  const text = `${'[{'.repeat(500)}"\\"${'['.repeat(500)}`;
  expect(await asking.call('say', { text })).toBe(text);
});

test('SEC-206: calls that wait hold so much, and no more', () => {
  const broken: string[] = [];
  const piece = 'x'.repeat(7 * 1_048_576);
  const line = new Rpc({
    send: () => undefined,
    onCall: () => new Promise(() => undefined),
    onNote: () => undefined,
    onBroken: (why) => broken.push(why),
  });
  for (let call = 1; call <= 4; call += 1) line.receive(JSON.stringify({ call, name: 'exec', args: { piece } }));
  expect(broken).toEqual([]);
  line.receive(JSON.stringify({ call: 5, name: 'exec', args: { piece } }));
  expect(broken).toEqual([expect.stringContaining('hold more than')]);
});

test.each(['__proto__', '\\u005f_proto__', '__\\u0070roto__', '__pro\\u0074o_\\u005F'])(
  'SEC-206: a key __proto__ is read as nothing, written as %s too',
  async (key) => {
    const { asking, say } = pair(() => new Promise(() => undefined));
    const answer = asking.call('run', {});
    say(`{"answer":1,"value":{"a":1,"${key}":{"polluted":true}}}`);
    const value = (await answer) as object;
    expect(Object.keys(value)).toEqual(['a']);
    expect(Object.assign({}, value)).not.toHaveProperty('polluted');
  },
);
