import type { ProcessOutcome, ProcessRequest } from '@stormpulse/kernel';
import { Type, definePlugin, handler, subprocess } from '@stormpulse/plugin-api';
import { createLiveOutput } from '@stormpulse/services';
import type { OutputSink } from '@stormpulse/kernel';
import { FakeClock, settle } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

const FEATURES = ['results.ack', 'command.output'];
const SECRET = 'hunter2';

/** A runner whose one process writes and ends when the test says so. */
class ScriptedRunner {
  readonly output = createLiveOutput({ clock: new FakeClock() });
  #live: OutputSink | undefined;
  #end: (outcome: ProcessOutcome) => void = () => undefined;

  readonly run = async ({ live }: ProcessRequest): Promise<ProcessOutcome> => {
    this.#live = live === undefined ? undefined : this.output.open(live);
    return await new Promise((resolve) => {
      this.#end = resolve;
    });
  };

  write(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.#live?.write(stream, Buffer.from(text));
  }

  end(stdout: string): void {
    this.#live?.end();
    this.#end({ kind: 'exited', exitCode: 0, stdout, stderr: '', durationMs: 1, truncated: false });
  }
}

/** What handlers of the plugin tell, and how they end. */
let tell: (text: string | Uint8Array, stream?: 'stdout' | 'stderr') => void = () => undefined;
let finish: (result: string) => void = () => undefined;

const plugin = definePlugin({
  name: 'demo',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ exec: ['/bin/mark'], commands: 'write' }),
  setup({ commands }) {
    const base = { title: 'Mark', effect: 'read', timeout: '5s', file: '/bin/mark' } as const;
    const token = Type.String({ pattern: '^[a-z0-9]+$', maxLength: 20, 'x-secret': true });
    const run = async ({ output }: { readonly output: typeof tell }): Promise<string> => {
      tell = output;
      return await new Promise((resolve) => {
        finish = resolve;
      });
    };
    const own = { title: 'Talk', effect: 'read', timeout: '5s', result: Type.String(), run } as const;
    commands.register(
      handler({ ...own, id: 'talk', params: Type.Object({ token }) }),
      handler({ ...own, id: 'talk_quietly', params: Type.Object({}), sensitiveOutput: true }),
      subprocess({ ...base, id: 'mark', params: Type.Object({}), argv: () => [] }),
      subprocess({ ...base, id: 'quiet', params: Type.Object({}), argv: () => [], sensitiveOutput: true }),
      subprocess({ ...base, id: 'secret', params: Type.Object({ token }), stdin: (slot) => slot.token, argv: () => [] }),
    );
  },
});

let rig: Rig;
afterEach(() => rig.close());

/** An agent whose hub names these features, or says nothing of them. */
async function start(features: readonly string[] | undefined): Promise<ScriptedRunner> {
  const runner = new ScriptedRunner();
  rig = await startRig({
    plugin,
    run: runner.run,
    output: runner.output,
    onMessage: (message, link) => {
      if (message['type'] === 'register' && features !== undefined) link.deliver(frame('register.ok', { features }));
    },
  });
  return runner;
}

function frame(type: string, payload: object): string {
  return JSON.stringify({ v: 1, type, id: '1', ts: '2026-01-01T12:00:00Z', agent_id: AGENT, payload });
}

describe('feature command.output', () => {
  test('what a command writes is told before its result, redacted, and acknowledgements are no fault', async () => {
    const runner = await start(FEATURES);
    await rig.deliver(rig.request('demo_secret', { token: SECRET }, { id: 'req-1' }));
    runner.write(`the word is ${SECRET}, I say: hunt`);
    expect(rig.sent('command.output')).toEqual([
      { request_id: 'req-1', stream: 'stdout', offset: 0, text: 'the word is [secret], I say', seq: 0 },
    ]);
    await rig.deliver(frame('command.output.ack', { request_id: 'req-1', seq: 0 }));
    expect(rig.kernel.status.ignored).toEqual({});
    runner.end('all');
    await settle();
    expect(rig.sent('command.result')).toMatchObject([{ request_id: 'req-1', stdout: 'all' }]);
    const types = rig.link.sent.map(({ type }) => type);
    expect(types.indexOf('command.output')).toBeLessThan(types.indexOf('command.result'));
    runner.write('after the end');
    expect(rig.sent('command.output')).toHaveLength(1);
  });

  test('what a function of a plugin tells is told as a process is: redacted, before its result, and not after it', async () => {
    await start(FEATURES);
    await rig.deliver(rig.request('demo_talk', { token: SECRET }, { id: 'req-1' }));
    tell(`I say ${SECRET}.`);
    tell(Buffer.from('and complain'), 'stderr');
    // The end is held back as long as it may be the beginning of the secret.
    expect(rig.sent('command.output').map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'I say [secret]'],
      ['stderr', 'and co'],
    ]);
    finish('done');
    await settle();
    tell('late');
    expect(rig.sent('command.output')).toHaveLength(2);
    expect(rig.sent('command.result')).toMatchObject([{ stdout: 'done', success: true }]);
  });

  test('what a function tells is not told when its output is sensitive, or when it was ended', async () => {
    await start(FEATURES);
    await rig.deliver(rig.request('demo_talk_quietly'));
    tell('x');
    finish('x');
    await settle();
    await rig.deliver(rig.request('demo_talk', { token: SECRET }));
    await rig.clock.advance(6_000);
    tell('after its time');
    expect(rig.sent('command.output')).toEqual([]);
  });

  test.each([
    ['names no features', undefined],
    ['names others', ['results.ack', 'plugin.state']],
  ])('SEC-052: a hub that %s never sees the type, and its acknowledgement is unknown', async (_name, features) => {
    const runner = await start(features);
    await rig.deliver(rig.request('demo_mark'));
    runner.write('x');
    runner.end('x');
    await settle();
    await rig.deliver(frame('command.output.ack', { request_id: 'req-1', seq: 0 }));
    expect(rig.sent('command.output')).toEqual([]);
    expect(rig.kernel.status.ignored).toEqual({ unknown_type: 1 });
    expect(rig.sent('command.result')).toHaveLength(1);
  });

  test('a command with sensitive output tells nothing before its result', async () => {
    const runner = await start(FEATURES);
    await rig.deliver(rig.request('demo_quiet'));
    runner.write('x');
    runner.end('x');
    await settle();
    expect(rig.sent('command.output')).toEqual([]);
    expect(rig.sent('command.result')).toMatchObject([{ stdout: 'x' }]);
  });

  test('goes on after a reconnect where the hub stopped reading', async () => {
    const runner = await start(FEATURES);
    await rig.deliver(rig.request('demo_mark', {}, { id: 'req-1' }));
    runner.write('one');
    const first = rig.link;
    first.close();
    await settle();
    runner.write('two', 'stderr');
    await rig.clock.advance(60_000);
    expect(rig.link).not.toBe(first);
    const told = (link: Rig['link']): unknown[] =>
      link.sent.flatMap(({ type, payload }) => (type === 'command.output' ? [(payload as { text: string }).text] : []));
    expect(told(first)).toEqual(['one']);
    expect(told(rig.link)).toEqual(['one', 'two']);
    runner.end('');
  });

  test('SEC-228: a hub that takes no output in time gets heartbeats and results all the same', async () => {
    const runner = await start(FEATURES);
    await rig.deliver(rig.request('demo_mark'));
    runner.write('x'.repeat(200 * 1024));
    const told = rig.sent('command.output');
    expect(told.map(({ text }) => String(text).length).reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(64 * 1024);
    await rig.clock.advance(35_000);
    expect(rig.sent('heartbeat').length).toBeGreaterThan(1);
    runner.end('x');
    await settle();
    expect(rig.sent('command.result')).toHaveLength(1);
    expect(rig.sent('command.output')).toEqual(told);
  });
});
