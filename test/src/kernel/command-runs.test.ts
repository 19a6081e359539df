import { Check } from '@sinclair/typebox/value';
import type { ProcessOutcome } from '@stormpulse/kernel';
import { Type, definePlugin, subprocess } from '@stormpulse/plugin-api';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

type Run = NonNullable<NonNullable<Parameters<typeof startRig>[0]>['run']>;

let rig: Rig;
afterEach(() => rig.close());

const EXITED: ProcessOutcome = { kind: 'exited', exitCode: 0, stdout: '', stderr: '', durationMs: 1, truncated: false };
const never = (): Promise<never> => new Promise(() => undefined);

describe('SEC-116 a secret that comes back', () => {
  test.each([
    ['canary-7f3a', 'got canary-7f3a\n', 'got [secret]\n'],
    ['two\r\nlines', 'got two\nlines', 'got [secret]'],
    ['abc', 'abcdef', 'abcdef'],
  ])('SEC-116 %j in %j is told as %j, in both streams', async (api_key, written, told) => {
    const secret = definePlugin({
      name: 'odd',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({ exec: ['/bin/odd'], commands: 'write' }),
      setup({ commands }) {
        const policy = { maxChars: 99, maxBytes: 99, guards: [] };
        commands.register(
          subprocess({
            id: 'run',
            title: 'x',
            effect: 'write',
            timeout: '60s',
            sensitiveOutput: true,
            params: Type.Object({ api_key: Type.String({ 'x-secret': true, 'x-param': policy }) }),
            file: '/bin/odd',
            argv: () => [],
            stdin: (slot) => slot.api_key,
          }),
        );
      },
    });
    rig = await startRig({ plugin: secret, run: () => Promise.resolve({ ...EXITED, stdout: written, stderr: written }) });
    await rig.deliver(rig.request('odd_run', { api_key }));
    expect(rig.sent('command.result')).toMatchObject([{ stdout: told, stderr: told }]);
    const logged = () => rig.log.find(({ message }) => message === 'command finished');
    // The hub waits for the result, nobody for the line.
    expect(logged()).toBeUndefined();
    await rig.clock.advance(0);
    expect(logged()?.fields).toMatchObject({ sensitive: true });
    expect(JSON.stringify(rig.log)).not.toContain(written.trim());
  });
});

describe('F1 exactly one result', () => {
  const outcome = fc.record(
    {
      kind: fc.oneof(fc.constantFrom('exited', 'timeout', 'cancelled', 'not_found', 'os_error'), fc.anything()),
      exitCode: fc.oneof(fc.integer(), fc.anything()),
      stdout: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('half \ud800'), fc.anything()),
      stderr: fc.oneof(fc.string(), fc.anything()),
      durationMs: fc.oneof(fc.double(), fc.anything()),
    },
    { requiredKeys: [] },
  );
  const behaviour = fc.oneof(
    fc.record({ does: fc.constant('answers' as const), value: fc.oneof(outcome, fc.anything()) }),
    fc.record({ does: fc.constantFrom('throws', 'rejects'), value: fc.anything() }),
    fc.record({ does: fc.constantFrom('hangs', 'waits for the signal'), value: fc.constant(undefined) }),
  );
  const runs =
    (behaviours: readonly { readonly does: string; readonly value: unknown }[]): Run =>
    ({ args, signal }) => {
      const { does, value } = behaviours[(args[0]?.length ?? 1) - 1] ?? { does: 'hangs', value: undefined };
      if (does === 'throws') throw value;
      if (does === 'rejects') return Promise.reject(value);
      if (does === 'answers') return Promise.resolve(value as ProcessOutcome);
      return new Promise((resolve) => {
        if (does !== 'hangs') signal.addEventListener('abort', () => resolve({ ...EXITED, kind: 'cancelled', exitCode: -1 }));
      });
    };

  test('F1 14.14: of every request that verifies, whatever its run does, also when the agent stops', async () => {
    rig = { close: () => Promise.resolve() } as Rig;
    const scene = fc.tuple(fc.array(behaviour, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 30_000 }));
    await fc.assert(
      fc.asyncProperty(scene, async ([behaviours, aliveMs]) => {
        rig = await startRig({ run: runs(behaviours) });
        const ids = behaviours.map((_, index) => `r${index}`);
        for (const [index, id] of ids.entries())
          await rig.deliver(rig.request('demo_mark', { a: 'x'.repeat(index + 1) }, { id }));
        await rig.clock.advance(aliveMs);
        await rig.close();
        const results = rig.sent('command.result');
        expect(results.map((result) => String(result['request_id'])).sort()).toEqual(ids);
        for (const result of results) {
          expect(Check(PAYLOAD_SCHEMAS['command.result'], result)).toBe(true);
          expect(String(result['stdout']) + String(result['stderr'])).toSatisfy((text: string) => text.isWellFormed());
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('D7 who runs beside whom', () => {
  test('D7: a command with a key of its own waits for that key alone, one with two places for its third call', async () => {
    const begun: string[] = [];
    const base = { effect: 'write', timeout: '60s', title: 'x', params: Type.Object({}) } as const;
    const one = (id: string, more: object): ReturnType<typeof subprocess> =>
      subprocess({ ...base, ...more, id, file: '/bin/turns', argv: () => [id] });
    const turns = definePlugin({
      name: 'turns',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({ exec: ['/bin/turns'], commands: 'write' }),
      setup({ commands }) {
        commands.register(
          one('shared', {}),
          one('keyed', { serializeBy: () => 'k' }),
          one('keyed_too', { serializeBy: () => 'k' }),
          one('twice', { concurrency: 2 }),
        );
      },
    });
    rig = await startRig({
      plugin: turns,
      run: ({ args }) => {
        begun.push(args.join());
        return never();
      },
    });
    for (const id of ['keyed', 'keyed_too', 'twice', 'twice', 'twice']) await rig.deliver(rig.request(`turns_${id}`));
    expect(begun).toEqual(['keyed', 'twice', 'twice']);
    await rig.deliver(rig.sequence(['turns_shared', 'turns_keyed']));
    await rig.deliver(rig.request('turns_shared'));
    expect(begun).toEqual(['keyed', 'twice', 'twice']);
  });

  test('D7: a sequence holds the keys of its steps: of readers none, so it waits for no writer', async () => {
    const begun: string[] = [];
    rig = await startRig({
      run: ({ args }) => {
        begun.push(args.join());
        return never();
      },
    });
    await rig.deliver(rig.request('demo_mark', { a: 'w' }, { id: 'w' }));
    await rig.deliver(rig.sequence(['demo_wait', 'demo_wait']));
    await rig.deliver(rig.sequence(['demo_wait', 'demo_mark']));
    expect(rig.sent('command.result').map((result) => result['command'])).toEqual(['demo_wait', 'demo_wait']);
    expect(begun).toEqual(['w']);
  });
});
