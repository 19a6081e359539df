import { describe, expect, test } from 'vitest';
import { collector, defineEvent, definePlugin, handler, investigation, job, option, subprocess, wizard } from './index.ts';
import { SecretParam, SecretRef, Type } from './index.ts';
import type { PluginContext } from './index.ts';
import { definitionOf } from './plugin.ts';
import { describePlugin } from './plugin-manifest.ts';
import { recordSetup, tryRecordSetup } from './record-setup.ts';
import type { LiveMembers } from './record-setup.ts';

const nothing = (): void => undefined;
const never = (): Promise<never> => Promise.reject(new Error('nobody is there'));
const LIVE: LiveMembers = {
  exec: never,
  http: { client: () => ({ json: never, text: never, stream: never }) },
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  signal: new AbortController().signal,
  collector: () => ({ current: undefined, refresh: never, changed: () => undefined }),
  store: () => ({ get: never, set: never, delete: never, entries: never as never }),
  logCatalogue: never,
  emit: nothing,
  ok: nothing,
  degraded: nothing,
  defer: nothing,
};
const rung = defineEvent('bell.rung', Type.Object({}));

/** A plugin whose setup is the test's. */
const bell = (setup: (ctx: PluginContext<unknown>) => void) => {
  const plugin = definePlugin({
    name: 'bell',
    version: '1.2.3',
    apiVersion: '1.0',
    description: 'Rings.',
    configSchema: Type.Object({ key: Type.Optional(SecretRef()) }),
    capabilities: () => ({ exec: ['/bin/bell'], commands: 'write' }),
    setup,
  });
  return definitionOf(plugin)!;
};

const everything = ({ commands, collectors, logs, events, health, storage, lifecycle, ...ctx }: PluginContext<unknown>): void => {
  const base = { title: 'Ring', effect: 'write', timeout: '5s' } as const;
  commands.register(
    subprocess({
      ...base,
      id: 'ring',
      params: Type.Object({ times: Type.Integer({ default: 1 }), pin: Type.Optional(SecretParam()) }),
      file: '/bin/bell',
      argv: (slot) => ['--', option('-n', slot.times)],
      env: (slot) => ({ LANG: 'C', BELL_PIN: slot.pin }),
    }),
    handler({ ...base, id: 'count', params: Type.Object({}), result: Type.Integer(), run: () => Promise.resolve(1) }),
    job({
      ...base,
      id: 'peal',
      params: Type.Object({}),
      result: Type.Null(),
      lease: '1s',
      serializeBy: () => 'peal',
      rereads: [{ collector: 'bells', only: () => ['a'] }],
      run: () => Promise.resolve(null),
    }),
  );
  commands.gate({ allow: () => Promise.resolve({ allow: true }) });
  collectors.register(
    collector({
      id: 'bells',
      every: '1m',
      state: Type.Array(Type.String()),
      collect: () => Promise.resolve([]),
      gauges: { 'bell.count': { unit: '{bell}', help: 'Bells.', value: (state) => state.length } },
      refresh: (state) => `${state.length} bells`,
      detector: { every: '5s', changed: () => Promise.resolve(false) },
    }),
  );
  logs.source({ id: 'tower', parser: 'tower', file: '/var/log/tower' });
  logs.parser({ id: 'tower', parse: () => undefined });
  logs.enricher({ parser: 'caddy.access', enrich: (record) => record });
  events.on(rung, nothing);
  health.probe({ id: 'rope', every: '1m', check: () => Promise.resolve() });
  health.investigation(
    investigation({ id: 'silence', title: 'Why it is silent', gather: () => Promise.resolve(0), judge: () => [] }),
  );
  ctx.wizard.register(
    wizard({ title: 'Bell', detect: () => Promise.resolve(0), questions: () => Type.Object({}), plan: () => [] }),
  );
  storage.open('log', Type.String());
  lifecycle.onStart(() => Promise.resolve());
};

describe("a plugin's manifest", () => {
  const manifest = () => {
    const definition = bell(everything);
    return describePlugin(definition, definition.capabilities({}), recordSetup(definition, {}, LIVE));
  };

  test('is all it declares, as JSON', () => {
    const told = manifest();
    expect(told).toMatchObject({ name: 'bell', version: '1.2.3', capabilities: { exec: ['/bin/bell'], commands: 'write' } });
    expect(told.commands.map(({ id, confirm, serializes }) => [id, confirm, serializes])).toEqual([
      ['ring', 'click', false],
      ['count', 'click', false],
      ['peal', 'click', true],
    ]);
    expect(told.commands[0]?.mode).toEqual({
      kind: 'subprocess',
      file: '/bin/bell',
      argv: [
        { kind: 'text', text: '--' },
        { kind: 'option', name: '-n', value: 'times' },
      ],
      env: { LANG: { text: 'C' }, BELL_PIN: { slot: 'pin' } },
    });
    expect(told.commands[2]?.mode).toMatchObject({
      kind: 'job',
      leaseMs: 1_000,
      rereads: [{ collector: 'bells', narrows: true }],
    });
    expect(told.collectors).toMatchObject([{ id: 'bells', everyMs: 60_000, refresh: 'named', detectorMs: 5_000 }]);
    expect(told.collectors[0]?.gauges).toEqual({ 'bell.count': { unit: '{bell}', help: 'Bells.' } });
    expect(told).toMatchObject({
      gates: [{ admits: false }],
      sources: [{ id: 'tower', parser: 'tower', file: '/var/log/tower' }],
      parsers: ['tower'],
      enrichers: ['caddy.access'],
      listeners: ['bell.rung'],
      probes: [{ id: 'rope', everyMs: 60_000 }],
      investigations: [{ id: 'silence', title: 'Why it is silent' }],
      wizards: [{ title: 'Bell' }],
      stores: ['log'],
      starts: 1,
    });
  });

  test('is the same text for the same declaration, and survives JSON', () => {
    expect(JSON.stringify(manifest())).toBe(JSON.stringify(manifest()));
    expect(JSON.parse(JSON.stringify(manifest()))).toEqual(manifest());
  });
});

describe('setup', () => {
  test('declares nothing afterwards', () => {
    let kept: PluginContext<unknown> | undefined;
    recordSetup(
      bell((ctx) => void (kept = ctx)),
      {},
      LIVE,
    );
    const late = expect.objectContaining({ code: 'E_PLUGIN_LATE_REGISTRATION' });
    expect(() => kept?.lifecycle.onStart(() => Promise.resolve())).toThrow(late);
    expect(() => kept?.logs.parser({ id: 'late', parse: () => undefined })).toThrow(late);
    expect(() => kept?.storage.open('late', Type.String())).toThrow(late);
  });

  test('that returns something is refused; what was declared before it threw is told to who asks', () => {
    const returning = { ...bell(nothing), setup: () => Promise.resolve() };
    expect(() => recordSetup(returning, {}, LIVE)).toThrow(expect.objectContaining({ code: 'E_PLUGIN_SETUP' }));
    const throwing = bell(({ logs }) => {
      logs.parser({ id: 'early', parse: () => undefined });
      throw new Error('no bell');
    });
    expect(() => recordSetup(throwing, {}, LIVE)).toThrow('no bell');
    const { contributions, thrown } = tryRecordSetup(throwing, {}, LIVE);
    expect([contributions.parsers.length, String(thrown?.error)]).toEqual([1, 'Error: no bell']);
  });

  test.each(['LD_PRELOAD', 'NODE_OPTIONS', 'BASH_ENV', '1A', 'A-B', ''])('a command sets no variable named %j', (name) => {
    const define = () =>
      subprocess({
        id: 'ring',
        title: 'Ring',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({}),
        file: '/bin/bell',
        argv: () => [],
        env: () => ({ [name]: 'x' }),
      });
    expect(define).toThrow(expect.objectContaining({ code: 'E_PLUGIN_COMMAND_INVALID' }));
  });
});
