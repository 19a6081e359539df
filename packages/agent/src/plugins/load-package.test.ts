import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import type { Capabilities } from '@stormpulse/plugin-api';
import { definitionOf } from '@stormpulse/plugin-api/internal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { digestOf, writePackage } from '../../test-support/plugin-package.ts';
import type { PackageSpec } from '../../test-support/plugin-package.ts';
import { StandInRunner } from '../../test-support/stand-in-runner.ts';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { putRecord } from './grant-records.ts';
import type { GrantRecord } from './grant-records.ts';
import { loadPackage } from './load-package.ts';
import type { PackageHost } from './load-package.ts';
import { treeFolder } from './plugin-folders.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');

describe('loading a plugin of others', () => {
  let folder: HostFolder;
  let runner: StandInRunner;
  let host: PackageHost;
  let recorded: Readonly<Record<string, unknown>>[];
  let config: PluginPackage;
  let record: GrantRecord;

  /** A package that is in its place, granted as it is. */
  const install = (spec: PackageSpec = {}, change: Partial<PluginPackage> = {}): void => {
    const built = writePackage(folder.path('built'), spec);
    const integrity = digestOf(built);
    const place = treeFolder(host.packages, 'weather', integrity);
    mkdirSync(dirname(place), { recursive: true });
    renameSync(built, place);
    config = {
      name: 'weather',
      package: '@example/weather',
      integrity,
      startup: 'disable',
      isolation: 'process',
      grants: { exec: ['/usr/bin/uptime'], commands: 'read' },
      config: {},
      ...change,
    };
    record = {
      integrity,
      package: '@example/weather',
      version: '1.0.0',
      agentId: 'web-1',
      state: 'granted',
      at: '2026-01-01T00:00:00Z',
    };
    putRecord(host.packages, 'weather', record);
  };
  const place = (): string => treeFolder(host.packages, 'weather', config.integrity);
  const load = async (change: Partial<PluginPackage> = {}): Promise<string> => {
    try {
      return definitionOf(await loadPackage({ ...config, ...change }, host))?.name ?? 'no plugin';
    } catch (error) {
      if (isAgentError(error)) return error.code;
      throw error;
    }
  };
  /** No code of it ran, in whatever way. */
  const expectNothingRan = (): void =>
    expect([runner.loaded, runner.derived, existsSync(folder.path('ran'))]).toEqual([[], [], false]);
  const leaving = (): PackageSpec => ({
    top: `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(folder.path('ran'))}, '');`,
  });

  beforeEach(() => {
    folder = new HostFolder();
    runner = new StandInRunner();
    recorded = [];
    host = {
      agentId: 'web-1',
      agentUid: process.geteuid?.() ?? -1,
      isSystem: false,
      packages: folder.path('plugins'),
      copies: folder.path('plugin-copies'),
      manifests: folder.path('plugin-manifests'),
      runner,
      now: () => NOW,
      record: async (entry) => void recorded.push(entry),
    };
  });
  afterEach(() => folder.close());

  it('SEC-200: loads what is listed, granted and as it was, and records that before its code runs', async () => {
    install(leaving());
    host = { ...host, record: async (entry) => void recorded.push({ ...entry, ran: existsSync(folder.path('ran')) }) };
    expect(await load()).toBe('weather');
    expect(existsSync(folder.path('ran'))).toBe(true);
    expect(recorded).toEqual([
      expect.objectContaining({
        kind: 'plugin.loaded',
        plugin: 'weather',
        version: '1.0.0',
        integrity: config.integrity,
        ran: false,
      }),
    ]);
  });

  it.each<[string, string, () => Partial<PluginPackage>]>([
    ['the tree', 'E_PLUGIN_NOT_FOUND', () => (rmSync(place(), { recursive: true }), {})],
    ['the record', 'E_PLUGIN_NOT_GRANTED', () => (rmSync(join(host.packages, 'weather/grants.json')), {})],
    [
      'a record that can be read',
      'E_PLUGIN_NOT_GRANTED',
      () => (writeFileSync(join(host.packages, 'weather/grants.json'), '{'), {}),
    ],
    ['the agent id', 'E_PLUGIN_NOT_GRANTED', () => (putRecord(host.packages, 'weather', { ...record, agentId: 'web-2' }), {})],
    ['the package', 'E_PLUGIN_NOT_GRANTED', () => ({ package: '@example/other' })],
    ['the version', 'E_PLUGIN_MISMATCH', () => (putRecord(host.packages, 'weather', { ...record, version: '1.0.1' }), {})],
    [
      'the grant, as it only waits',
      'E_PLUGIN_NOT_GRANTED',
      () => (putRecord(host.packages, 'weather', { ...record, state: 'waiting' }), {}),
    ],
    [
      'the grant, as it was revoked',
      'E_PLUGIN_REVOKED',
      () => (putRecord(host.packages, 'weather', { ...record, state: 'revoked' }), {}),
    ],
    [
      'the grant, as it ended',
      'E_PLUGIN_NOT_GRANTED',
      () => (putRecord(host.packages, 'weather', { ...record, expiresAt: '2026-03-04T05:06:07Z' }), {}),
    ],
    ['the digest', 'E_PLUGIN_INTEGRITY', () => (writeFileSync(join(place(), 'index.js'), '\n', { flag: 'a' }), {})],
  ])('SEC-200, SEC-203: without %s it is refused with %s, and nothing of it runs', async (_, code, remove) => {
    install(leaving());
    expect(await load(remove())).toBe(code);
    expectNothingRan();
  });

  it.each<[string, Capabilities, object]>([
    ['a program', { exec: ['/usr/bin/uptime', '/usr/bin/id'], commands: 'read' }, {}],
    ['an origin', { http: ['http://127.0.0.1:1'] }, {}],
    ['a folder to read', { read: ['/etc'] }, {}],
    ['a folder to write', { write: ['/srv'] }, {}],
    ['a stronger effect', { commands: 'write' }, {}],
    ['a gate', { gate: true }, { gate: false }],
    ['logs', { consumeLogs: true }, {}],
    ['commands', { commands: 'read' }, { commands: undefined }],
  ])(
    'SEC-204, SEC-200: one that asks for %s that is not granted is refused with the lines to paste',
    async (_, asked, change) => {
      install({ capabilities: JSON.stringify(asked), commands: '[]' });
      const grants = { ...config.grants, ...change } as PluginPackage['grants'];
      const found = await loadPackage({ ...config, grants }, host).catch((error: unknown) => error);
      expect(isAgentError(found) && found.message).toContain('[plugins.weather.grants]\n');
      expect(isAgentError(found) && found.code).toBe('E_GRANT_MISSING');
      expect(runner.loaded).toEqual([]);
    },
  );

  it('SEC-203: what it declared before is checked against its grants before any of its code runs again', async () => {
    install();
    expect(await load()).toBe('weather');
    runner.loaded.length = 0;
    runner.derived.length = 0;
    for (const isolation of ['process', 'none'] as const) expect(await load({ grants: {}, isolation })).toBe('E_GRANT_MISSING');
    expectNothingRan();
  });

  it('W39: one byte changed, or a file added: it is refused, before and after a first load', async () => {
    install(leaving());
    writeFileSync(join(place(), 'more.js'), '');
    expect(await load()).toBe('E_PLUGIN_INTEGRITY');
    expectNothingRan();
    rmSync(join(place(), 'more.js'));
    expect(await load()).toBe('weather');
  });

  it('W40: commands = "none": it lives, and has no commands', async () => {
    install({}, { grants: { exec: ['/usr/bin/uptime'], commands: 'none' } });
    const definition = definitionOf(await loadPackage(config, host));
    expect(definition?.capabilities({})).toMatchObject({ exec: ['/usr/bin/uptime'] });
    expect(definition?.capabilities({}).commands).toBeUndefined();
  });

  it('W43: its own code runs, whatever lies in a node_modules above', async () => {
    mkdirSync(folder.path('node_modules/@example/weather'), { recursive: true });
    writeFileSync(folder.path('node_modules/@example/weather/index.js'), `throw new Error('not this one')`);
    install();
    expect(await load()).toBe('weather');
    expect(runner.loaded[0]?.entry).toContain('/plugin-copies/weather-');
  });

  it('W46: a state folder copied to the host of another agent loads nothing', async () => {
    install(leaving());
    host = { ...host, agentId: 'web-2' };
    expect(await load()).toBe('E_PLUGIN_NOT_GRANTED');
    expectNothingRan();
  });

  it('is described once for its code and its config, and offered from that the next time', async () => {
    install({ configSchema: 'Type.Object({ town: Type.Optional(Type.String()) })' });
    await load({ config: { town: 'here' } });
    await load({ config: { town: 'here' } });
    expect(runner.derived).toHaveLength(1);
    expect(runner.loaded[1]?.kept).toMatchObject({ manifest: 1, name: 'weather' });
    await load({ config: { town: 'there' } });
    expect(runner.derived).toHaveLength(2);
    for (const name of readdirSync(host.manifests)) writeFileSync(join(host.manifests, name), '{');
    await load({ config: { town: 'here' } });
    expect(runner.derived).toHaveLength(3);
  });

  it('SEC-201: with isolation = "none" it is imported from the bytes that were hashed', async () => {
    install({ top: 'export const where = import.meta.url;' }, { isolation: 'none' });
    expect(await load()).toBe('weather');
    const [copy = ''] = readdirSync(host.copies);
    expect(copy).toMatch(/^weather-/u);
    expect(readFileSync(join(host.copies, copy, 'tree/index.js'))).toEqual(readFileSync(join(place(), 'index.js')));
  });

  it.runIf(process.geteuid?.() === 0)(
    'SEC-200: in system mode a record that others than root could write grants nothing',
    async () => {
      install(leaving());
      host = { ...host, isSystem: true };
      const path = join(host.packages, 'weather/grants.json');
      expect(await load()).toBe('weather');
      rmSync(folder.path('ran'));
      runner = new StandInRunner();
      host = { ...host, runner };
      for (const spoil of [() => chownSync(path, 65_534, 0), () => (chownSync(path, 0, 0), chmodSync(path, 0o664))]) {
        spoil();
        expect(['E_PLUGIN_NOT_GRANTED', 'E_FILE_MODE']).toContain(await load());
      }
      expectNothingRan();
    },
  );
});
