import { expect, test } from 'vitest';
import { Type, collector, definePlugin, handler, subprocess } from '@stormpulse/plugin-api';
import { definitionOf, describePlugin, recordSetup } from '@stormpulse/plugin-api/internal';
import type { LiveMembers } from '@stormpulse/plugin-api/internal';
import { checkManifest } from './check-manifest.ts';

const plugin = definePlugin({
  name: 'whole',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ exec: ['/bin/echo'], commands: 'read' }),
  setup({ commands, collectors }) {
    commands.register(
      subprocess({
        id: 'say',
        title: 'Say',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ word: Type.String({ pattern: '^[a-z]+$' }) }),
        file: '/bin/echo',
        argv: (slot) => ['--', slot.word],
      }),
      handler({
        id: 'do',
        title: 'Do',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ how: Type.Union([Type.Literal('a'), Type.Literal('b')]) }),
        result: Type.String(),
        run: () => Promise.resolve('done'),
      }),
    );
    collectors.register(collector({ id: 'c', every: '1m', state: Type.Integer(), collect: () => Promise.resolve(1) }));
  },
});

function manifest(): Record<string, unknown> & { commands: Record<string, unknown>[] } {
  const definition = definitionOf(plugin);
  if (definition === undefined) throw new Error('it is no plugin');
  const live = { exec: {}, http: {}, logger: {}, signal: {}, collector: () => ({}) } as unknown as LiveMembers;
  const described = describePlugin(definition, definition.capabilities({}), recordSetup(definition, {}, live));
  return described as unknown as ReturnType<typeof manifest>;
}

test('what a plugin declares passes as it is', async () => {
  expect(await checkManifest('whole', manifest())).toEqual(manifest());
});

const echo = { kind: 'subprocess', file: '/bin/echo', argv: [] };

test.each([
  ['a template that fills from no parameter', { mode: { ...echo, argv: [{ kind: 'slot', name: 'other' }] } }],
  ['a relative program', { mode: { ...echo, file: 'echo' } }],
  ['a variable that changes how programs are loaded', { mode: { ...echo, env: { LD_PRELOAD: { text: '/x' } } } }],
  ['an expression that is none', { params: { type: 'object', properties: { a: { type: 'string', pattern: '^($' } } } }],
  ['a parameter without a bound', { params: { type: 'object', properties: { a: { type: 'string', maxLength: 1e9 } } } }],
  ['a timeout without end', { timeoutMs: 1e300 }],
  ['a command that is nothing', { mode: undefined }],
  ['a schema that is none', { mode: { kind: 'handler', result: { type: 'object', properties: { a: 7 } } } }],
])('SEC-206: a manifest with %s is refused', async (_, change) => {
  const whole = manifest();
  const [first, ...others] = whole.commands;
  await expect(checkManifest('whole', { ...whole, commands: [{ ...first, ...change }, ...others] })).rejects.toThrow(
    'plugin "whole" declares what no plugin can',
  );
});

const string = { type: 'string' };

test.each<[string, object, RegExp]>([
  [
    'that takes exponential time',
    { ...string, pattern: '^(a+)+$' },
    /the pattern "\^\(a\+\)\+\$" .*exponential time; start every round/u,
  ],
  ['that is slow on one letter', { ...string, pattern: '^(?:(?:x?){1000}){1000}y$' }, /the pattern ".*"/u],
  [
    'that is only slow for long values',
    { ...string, pattern: '^[ab]*[bc]*[cd]*[de]*e$', maxLength: 60_000 },
    /the pattern ".*"/u,
  ],
  [
    'under a policy of its own',
    { ...string, 'x-param': { maxChars: 9, maxBytes: 9, source: '^(a+)+$', guards: [] } },
    /param\(kind\)/u,
  ],
  ['without the guard against options', { ...string, 'x-param': { maxChars: 9, maxBytes: 9, guards: [] } }, /param\(kind\)/u],
  ['whose bound is a text', { ...string, maxLength: '100' }, /maxLength/u],
])('SEC-113, SEC-114: a parameter with a pattern %s is refused by its name, before anything is matched', async (_, a, says) => {
  const whole = manifest();
  const [first, ...others] = whole.commands;
  const command = { ...first, mode: echo, params: { type: 'object', properties: { a } } };
  const refused = checkManifest('whole', { ...whole, commands: [command, ...others] });
  await expect(refused).rejects.toThrow(/plugin "whole" .*command "say": parameter "a": /u);
  await expect(refused).rejects.toThrow(says);
});

test('SEC-114: a plugin cannot keep the agent busy with the number of its patterns', async () => {
  const whole = manifest();
  const params = (from: number): object => ({
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`p${at}`, { ...string, pattern: `^[a-z]{1,${from + at}}$` }]),
    ),
  });
  const [first] = whole.commands;
  const commands = [1, 100].map((from) => ({ ...first, id: `c${from}`, mode: echo, params: params(from) }));
  await expect(checkManifest('whole', { ...whole, commands })).rejects.toThrow('more than 60 different patterns');
});

test.each(['__proto__', 'C', 'c\u202e', '', '../c'])('SEC-206: a collector cannot be called %j', async (id) => {
  const whole = manifest();
  const collectors = (whole['collectors'] as object[]).map((one) => ({ ...one, id }));
  await expect(checkManifest('whole', { ...whole, collectors })).rejects.toThrow('at /collectors/0/id');
});

test('SEC-206: a schema deeper than any plugin needs is refused, not walked', async () => {
  let state: object = { type: 'string' };
  for (let depth = 0; depth < 200; depth += 1) state = { type: 'array', items: state };
  const whole = manifest();
  const collectors = (whole['collectors'] as object[]).map((one) => ({ ...one, state }));
  await expect(checkManifest('whole', { ...whole, collectors })).rejects.toThrow('a schema is too large');
});
