import { Duration, SecretParam, Type, definePlugin, handler, param, subprocess } from '@stormpulse/plugin-api';
import type { TObject } from '@stormpulse/plugin-api';
import { problemWithManifest, specDigest } from '@stormpulse/protocol';
import type { CommandManifestEntry, Payloads } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { createManifestTeller } from '@stormpulse/services';
import { createMemoryLogger } from '@stormpulse/testing';
import type { LoggedLine } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

const OPTIONS = { collector: 'bell.bells', value: 'id', label: 'hint' };

const bell = (configSchema: TObject = Type.Object({ tower: Type.String({ 'x-secret': true, default: 'hunter2' }) })) =>
  definePlugin({
    name: 'bell',
    version: '1.2.3',
    apiVersion: '1.0',
    description: 'Rings.',
    configSchema,
    capabilities: () => ({ exec: ['/opt/tower/bin/bell'], commands: 'destructive' }),
    setup({ commands }) {
      commands.register(
        subprocess({
          id: 'ring',
          title: 'Ring the bell',
          description: 'As often as wanted.',
          effect: 'destructive',
          timeout: '5s',
          params: Type.Object({
            times: Type.Integer({ minimum: 1, maximum: 12, default: 1, title: 'Times' }),
            rate: Type.Optional(Type.Number({ minimum: 0 })),
            tone: Type.Union([Type.Literal('low'), Type.Literal('high', { title: 'High, and loud' })]),
            muted: Type.Boolean({ default: false }),
            hymn: Type.String({ pattern: '^[a-z]+|-$', examples: ['evening-song'] }),
            branch: param('git_branch', {
              description: 'Where from',
              hints: { help: 'a branch of the tower' },
            }),
            lines: param('lines_count', { default: '50' }),
            note: Type.Optional(
              Type.String({ maxLength: 2_000, minLength: 0, 'x-ui': { widget: 'textarea', order: 2, optionsFrom: OPTIONS } }),
            ),
            room: Type.Integer({ minimum: 1, 'x-ui': { widget: 'bytes' } }),
            pause: Type.Number({ minimum: 0, 'x-ui': { widget: 'duration' } }),
            every: Type.Optional(Duration({ 'x-ui': { widget: 'duration' } })),
            rope: Type.String({ pattern: '^/[a-z/]+$', 'x-ui': { widget: 'path' } }),
            odd: Type.Boolean({ default: false, 'x-ui': { widget: 'bytes' } }),
            pin: SecretParam({ default: '0000' }),
          }),
          file: '/opt/tower/bin/bell',
          argv: () => ['--tower', '/etc/tower/secret-place'],
        }),
        handler({
          id: 'count',
          title: 'Count',
          effect: 'read',
          timeout: '5s',
          params: Type.Object({}),
          result: Type.Null(),
          run: () => Promise.resolve(null),
        }),
      );
    },
  });

type Told = Payloads['plugin.manifest'];

describe('what a hub is told of plugins', () => {
  let rig: Rig | undefined;
  const log: LoggedLine[] = [];
  afterEach(() => rig?.close());

  /** The agent at a hub that answers `register` so; what it told. */
  async function told(answer: object, plugin = bell()): Promise<Told[]> {
    const logger = createMemoryLogger(log)('plugins');
    rig = await startRig({
      plugin,
      manifest: createManifestTeller({
        crypto: nodeCrypto,
        logger,
        originOf: (name) => (name === 'bell' ? { integrity: 'sha512-abc', isolation: 'process' } : undefined),
      }),
      onMessage(message, link) {
        if (message['type'] !== 'register') return;
        const { id, ts, v, agent_id } = message;
        link.deliver(JSON.stringify({ v, type: 'register.ok', id, ts, agent_id, payload: answer }));
      },
    });
    return rig.sent('plugin.manifest') as unknown as Told[];
  }

  test('a hub that did not name the feature is told nothing', async () => {
    expect(await told({})).toEqual([]);
    expect(rig?.sent('register')).toHaveLength(1);
    await rig?.close();
    expect(await told({ features: ['results.ack'], manifest: 'sha256:x' })).toEqual([]);
  });

  test('once a digest: a hub that has it is not told again', async () => {
    const [first] = await told({ features: ['plugin.manifest'] });
    await rig?.close();
    expect(await told({ features: ['plugin.manifest'], manifest: first?.digest })).toEqual([]);
    await rig?.close();
    expect(await told({ features: ['plugin.manifest'], manifest: 'of before' })).toEqual([first]);
  });

  test('every parameter as a form asks for it, bound to the entry of register', async () => {
    const [manifest] = await told({ features: ['plugin.manifest'] });
    const [plugin] = manifest?.plugins ?? [];
    expect(manifest && problemWithManifest(manifest)).toBeUndefined();
    expect(plugin).toMatchObject({
      name: 'bell',
      version: '1.2.3',
      description: 'Rings.',
      package: { integrity: 'sha512-abc', isolation: 'process' },
      capabilities: { exec: ['/opt/tower/bin/bell'], commands: 'destructive' },
      config_schema: { type: 'object', properties: { tower: { type: 'string', 'x-secret': true } } },
    });
    const entries = rig?.sent('register')[0]?.['commands'] as Record<string, CommandManifestEntry>;
    expect(plugin?.commands.map(({ name, spec }) => [name, spec])).toEqual(
      Object.entries(entries).map(([name, entry]) => [name, specDigest(nodeCrypto, entry)]),
    );
    expect(Object.keys(entries)).toEqual(['bell_count', 'bell_ring']);
    expect(plugin?.commands[1]).toMatchObject({
      title: 'Ring the bell',
      description: 'As often as wanted.',
      effect: 'destructive',
      confirm: 'phrase',
    });
    expect(plugin?.commands[1]?.params).toEqual({
      times: { type: 'integer', required: false, minimum: 1, maximum: 12, default: '1', title: 'Times' },
      rate: { type: 'number', required: false, minimum: 0 },
      tone: { type: 'choice', required: true, choices: [{ value: 'low' }, { value: 'high', title: 'High, and loud' }] },
      muted: { type: 'boolean', required: false, default: 'false' },
      branch: {
        type: 'text',
        required: true,
        description: 'Where from',
        help: 'a branch of the tower',
        max_chars: 200,
        pattern: '[A-Za-z0-9][A-Za-z0-9._/@+-]*',
      },
      hymn: { type: 'text', required: true, max_chars: 256, pattern: '[a-z]+|-', placeholder: 'evening-song' },
      lines: { type: 'integer', required: false, minimum: 1, maximum: 99_999, default: '50' },
      note: expect.objectContaining({
        type: 'text',
        required: false,
        max_chars: 2_000,
        multiline: true,
        may_be_empty: true,
        help: 'text without line ends or control characters',
        order: 2,
        options_from: OPTIONS,
      }),
      room: { type: 'integer', required: true, minimum: 1, widget: 'bytes' },
      pause: { type: 'number', required: true, minimum: 0, widget: 'duration' },
      every: expect.objectContaining({ type: 'text', required: false, widget: 'duration' }),
      rope: { type: 'text', required: true, max_chars: 256, pattern: '\\/[a-z/]+', widget: 'path' },
      odd: { type: 'boolean', required: false, default: 'false' },
      pin: expect.objectContaining({ type: 'text', required: false, secret: true }),
    });
  });

  test('SEC-116: no default of a secret leaves, and nothing of what is run', async () => {
    const text = JSON.stringify(await told({ features: ['plugin.manifest'] }));
    for (const secret of ['hunter2', '0000', 'secret-place']) expect(text).not.toContain(secret);
  });

  test('a plugin that declares beyond measure keeps plain forms, and the host is told why', async () => {
    const vast = Type.Optional(Type.String({ description: 'x'.repeat(300_000) }));
    const [manifest] = await told({ features: ['plugin.manifest'] }, bell(Type.Object({ town: vast })));
    expect(manifest?.plugins).toEqual([]);
    expect(log.at(-1)).toMatchObject({
      level: 'warn',
      fields: { plugin: 'bell', problem: expect.stringContaining('characters') as string },
    });
  });
});
