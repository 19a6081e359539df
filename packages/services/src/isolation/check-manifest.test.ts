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

test('what a plugin declares passes as it is', () => {
  expect(checkManifest('whole', manifest())).toEqual(manifest());
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
])('SEC-206: a manifest with %s is refused', (_, change) => {
  const whole = manifest();
  const [first, ...others] = whole.commands;
  expect(() => checkManifest('whole', { ...whole, commands: [{ ...first, ...change }, ...others] })).toThrow(
    'plugin "whole" declares what no plugin can',
  );
});

test('SEC-206: a schema deeper than any plugin needs is refused, not walked', () => {
  let state: object = { type: 'string' };
  for (let depth = 0; depth < 200; depth += 1) state = { type: 'array', items: state };
  const whole = manifest();
  const collectors = (whole['collectors'] as object[]).map((one) => ({ ...one, state }));
  expect(() => checkManifest('whole', { ...whole, collectors })).toThrow('a schema is too large');
});
