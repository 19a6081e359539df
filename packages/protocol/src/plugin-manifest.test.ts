import { describe, expect, test } from 'vitest';
import { parseFrame } from './frame.ts';
import { HUB_JSON_LIMITS } from './limits.ts';
import { problemWithManifest } from './manifest-bounds.ts';
import { createMessage, encodeMessage } from './message.ts';
import type { Payloads } from './payload-schemas.ts';
import { parsePayload } from './payload.ts';
import type { DeclaredPlugin, FormField, PluginCommand } from './payloads/plugin-manifest.ts';
import { ProtocolError } from './protocol-error.ts';

type Told = Payloads['plugin.manifest'];

const DIGEST = `sha256:${'5f'.repeat(32)}`;
const field = (more: Partial<FormField> = {}): FormField => ({ type: 'text', required: true, ...more });
const command = (name: string, more: Partial<PluginCommand> = {}): PluginCommand => ({
  name,
  spec: DIGEST,
  title: 'Ring',
  effect: 'write',
  confirm: 'click',
  params: { times: field({ type: 'integer', minimum: 1, maximum: 9 }) },
  ...more,
});
const plugin = (name: string, more: Partial<DeclaredPlugin> = {}): DeclaredPlugin => ({
  name,
  version: '1.0.0',
  api_version: '1.0',
  description: 'Rings.',
  capabilities: { exec: ['/bin/bell'], commands: 'write' },
  config_schema: { type: 'object', properties: {} },
  commands: [command(`${name}_ring`)],
  collectors: [{ id: 'bells', gauges: { 'bell.count': { unit: '{bell}', help: 'Bells.' } } }],
  log_sources: [{ id: 'tower', parser: 'tower' }],
  parsers: ['tower'],
  enrichers: [],
  listeners: [],
  probes: ['rope'],
  investigations: [{ id: 'silence', title: 'Why it is silent' }],
  ...more,
});
const told = (...plugins: unknown[]): Told => ({ digest: DIGEST, plugins: plugins as DeclaredPlugin[] });

/** As a hub takes it from the wire: reading, shape, bounds. The reason why not, or undefined. */
function refusal(payload: unknown): string | undefined {
  const stamp = { id: 'i', ts: '2026-03-04T05:06:07Z' };
  const text = encodeMessage(createMessage('plugin.manifest', 'node-7', payload as Told, stamp));
  try {
    const features = new Set(['plugin.manifest']);
    const message = parseFrame(text, { dialect: 'hardened', limits: HUB_JSON_LIMITS, features });
    return problemWithManifest(parsePayload('plugin.manifest', message.payload, 'hardened'));
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

const nested = (depth: number): object => (depth === 0 ? {} : { items: nested(depth - 1) });
const many = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

describe('plugin.manifest', () => {
  test('is read as it was told', () => {
    expect(
      refusal(told(plugin('bell'), plugin('organ', { package: { integrity: 'sha512-x', isolation: 'process' } }))),
    ).toBeUndefined();
    expect(refusal(told())).toBeUndefined();
  });

  test('is unknown to whoever did not name the feature', () => {
    const text = encodeMessage(createMessage('plugin.manifest', 'node-7', told(), { id: 'i', ts: '2026-03-04T05:06:07Z' }));
    for (const features of [undefined, new Set(['command.output'])])
      expect(() => parseFrame(text, { dialect: 'hardened', limits: HUB_JSON_LIMITS, features })).toThrow(
        expect.objectContaining({ kind: 'unknown_type' }),
      );
  });

  test.each<[string, unknown, RegExp]>([
    ['no digest', { plugins: [] }, /digest/u],
    ['another digest', { digest: 'sha256:x', plugins: [] }, /digest/u],
    ['65 plugins', told(...many(65, (at) => plugin(`p${at}`, { commands: [] }))), /less or equal to 64/u],
    ['a plugin without a name', told({ ...plugin('x'), name: '' }), /length/u],
    ['one plugin twice', told(plugin('bell'), plugin('bell', { commands: [] })), /two plugins of one name/u],
    [
      'one command twice',
      told(plugin('bell'), plugin('organ', { commands: [command('bell_ring')] })),
      /two commands of one name/u,
    ],
    [
      '501 commands in two plugins',
      told(...['a', 'b'].map((one) => plugin(one, { commands: many(251, (at) => command(`${one}_${at}`, { params: {} })) }))),
      /more than 500 commands/u,
    ],
    [
      '65 parameters',
      told(plugin('x', { commands: [command('x', { params: Object.fromEntries(many(65, (at) => [`p${at}`, field()])) })] })),
      /params/u,
    ],
    [
      'a parameter whose name cannot be signed',
      told(plugin('x', { commands: [command('x', { params: { 'a=b': field() } })] })),
      /a=b/u,
    ],
    [
      '201 choices',
      told(
        plugin('x', {
          commands: [
            command('x', { params: { a: field({ type: 'choice', choices: many(201, (at) => ({ value: `${at}` })) }) } }),
          ],
        }),
      ),
      /choices/u,
    ],
    [
      'a type of its own',
      told(plugin('x', { commands: [command('x', { params: { a: field({ type: 'script' as 'text' }) } })] })),
      /type/u,
    ],
    ['a title of 501 characters', told(plugin('x', { commands: [command('x', { title: 'x'.repeat(501) })] })), /title/u],
    ['an effect of its own', told(plugin('x', { commands: [command('x', { effect: 'none' as 'read' })] })), /effect/u],
    ['a config schema that is a list', told(plugin('x', { config_schema: [] as never })), /config_schema/u],
    ['a deep config schema', told(plugin('x', { config_schema: nested(25) as Record<string, unknown> })), /deeper than 24/u],
    ['a config schema beyond the reader', told(plugin('x', { config_schema: nested(60) as never })), /levels|deep/iu],
    [
      'a plugin of 300 KiB',
      told(plugin('x', { config_schema: { title: 'x'.repeat(300 * 1024) } })),
      /more than 262144 characters/u,
    ],
    [
      '600 KiB in all',
      told(...['a', 'b', 'c'].map((name) => plugin(name, { config_schema: { title: 'x'.repeat(200 * 1024) } }))),
      /more than 524288 characters/u,
    ],
  ])('is refused with %s', (_what, payload, reason) => {
    expect(refusal(payload)).toMatch(reason);
  });
});
