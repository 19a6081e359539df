import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackRegistry, packed } from '../../../test-support/loopback-registry.ts';
import { writePackage } from '../../../test-support/plugin-package.ts';
import { refusalText } from '../../../test-support/refusal.ts';
import { PluginsStage } from '../../../test-support/plugins-stage.ts';
import { loadConfig } from '../../config/load.ts';
import { treeFolder } from '../../plugins/plugin-folders.ts';
import { checkConfigFile } from '../config-check.ts';
import { addPlugin } from './add.ts';
import { grantPlugin, revokePlugin } from './grant.ts';
import { inspectPlugin, inspectText } from './inspect.ts';
import { listPlugins, listText } from './list.ts';
import { removePlugin } from './remove.ts';

const ID = "{ exec: ['/usr/bin/uptime', '/usr/bin/id'], commands: 'read' }";

let stage: PluginsStage;
beforeEach(async () => {
  stage = await PluginsStage.create();
});
afterEach(() => stage.close());

const weather = () => loadConfig(stage.folder.config).config.packages.find(({ name }) => name === 'weather');
const grant = async (): Promise<void> => await grantPlugin(stage.folder.config, 'weather', { yes: false }, stage.deps);
const revoke = async (...words: string[]): Promise<void> =>
  await revokePlugin(stage.folder.config, 'weather', words, { yes: false }, stage.deps);

describe('stormpulse plugins add', () => {
  it('SEC-210: shows name, digest and what is asked for, asks, and writes the section, the record and the change', async () => {
    const before = stage.toml;
    expect(await stage.add(stage.build())).toBe('done');
    const { integrity = '' } = weather() ?? {};
    expect(stage.printed).toEqual([
      'plugin    weather',
      'package   @example/weather 1.0.0',
      `digest    ${integrity}`,
      expect.stringMatching(/^contents {2}2 files, \d+ bytes; no script/u),
      'of a user: whoever acts as you can change what is installed and granted (docs: plugins guide)',
      'it asks for',
      '        + exec /usr/bin/uptime',
      '        + commands read',
      "[plugins.weather] is written; it counts from the agent's next start on: stormpulse restart",
    ]);
    expect(stage.questions).toEqual([expect.stringContaining('Run its code once, isolated'), 'Grant this?']);
    expect(weather()).toMatchObject({
      package: '@example/weather',
      isolation: 'process',
      grants: { exec: ['/usr/bin/uptime'], commands: 'read' },
    });
    expect(stage.toml.startsWith(before)).toBe(true);
    expect(stage.toml).toContain('\n# @example/weather 1.0.0, added by stormpulse plugins add.');
    expect(stage.records).toEqual(['1.0.0 granted']);
    expect(stage.changes).toEqual([
      expect.objectContaining({
        action: 'add',
        plugin: 'weather',
        version: '1.0.0',
        integrity,
        more: ['exec /usr/bin/uptime', 'commands read'],
        by: process.getuid?.(),
      }),
    ]);
    expect((await checkConfigFile(stage.folder.config)).wouldRun).toMatchObject({
      plugins: ['host-metrics', 'signoff', 'weather'],
      commands: ['weather_uptime'],
    });
  });

  it.each<[string, (question: string) => boolean, number]>([
    ['to run its code', () => false, 0],
    ['to grant', (question) => question.startsWith('Run'), 1],
  ])('SEC-203, SEC-210: a no %s changes nothing that is run', async (_, answer, derived) => {
    const before = stage.toml;
    stage.answer = answer;
    expect(await refusalText(stage.add(stage.build()))).toContain('not agreed to');
    expect(stage.runner.derived).toHaveLength(derived);
    expect([stage.toml, stage.records, stage.changes]).toEqual([before, [], []]);
  });

  it('W37: twice: one tree, one record, and the second succeeds', async () => {
    const source = stage.build();
    await stage.add(source);
    const written = stage.toml;
    expect(await stage.add(source)).toBe('unchanged');
    expect([stage.toml, stage.trees.length, stage.records, stage.changes.length]).toEqual([written, 1, ['1.0.0 granted'], 1]);
  });

  it.each<[string, (source: string) => void]>([
    ['W32: a link', (source) => symlinkSync('/etc/passwd', join(source, 'link'))],
    ['W32: a .DS_Store', (source) => writeFileSync(join(source, '.DS_Store'), '')],
    ['W33: a file of 8 MiB and a byte', (source) => writeFileSync(join(source, 'big'), Buffer.alloc(8 * 1024 * 1024 + 1))],
    ['W36: no package', (source) => rmSync(join(source, 'package.json'))],
    ['W36: an entry that is not there', (source) => rmSync(join(source, 'index.js'))],
  ])('%s is refused, and nothing stays', async (_, spoil) => {
    const source = stage.build();
    spoil(source);
    expect(await refusalText(stage.add(source))).toMatch(/^E_PLUGIN_(?:TREE|PACKAGE)/u);
    expect([stage.trees, stage.runner.derived, weather()]).toEqual([[], [], undefined]);
  });

  it('W36: one that does not start, or is called otherwise, is refused and nothing stays', async () => {
    expect(await refusalText(stage.add(stage.build({ configSchema: 'Type.Object({ town: Type.String() })' })))).toContain(
      'it does not start: town: is missing',
    );
    expect(await refusalText(stage.add(stage.build({ name: 'climate' })))).toContain('--name climate');
    expect([stage.trees, weather(), stage.records]).toEqual([[], undefined, []]);
  });

  it('SEC-205: no plugin takes a name of the agent itself', async () => {
    expect(await refusalText(stage.add(stage.build({ name: 'host-metrics' }), { name: 'host-metrics' }))).toContain(
      '"host-metrics" is a plugin of the agent itself',
    );
    for (const name of ['docker', 'inventory', 'agent', 'tls', 'hub'])
      expect(await refusalText(stage.add(stage.build({ name }), { name }))).toContain('no other plugin can take its name');
    for (const name of ['Weather', '../x', 'a'])
      expect(await refusalText(stage.add(stage.build(), { name }))).toContain("can be no plugin's name");
    expect(stage.trees).toEqual([]);
  });

  it('takes the keys that a plugin needs from a file, whole section or keys alone', async () => {
    const source = stage.build({ configSchema: 'Type.Object({ town: Type.String(), at: Type.Object({ lat: Type.Number() }) })' });
    const keys = 'town = "here"\n[at]\nlat = 1.5\n';
    const settings = stage.folder.write('weather.toml', keys);
    expect(await stage.add(source, { settings })).toBe('done');
    expect(weather()?.config).toEqual({ town: 'here', at: { lat: 1.5 } });
    expect((await checkConfigFile(stage.folder.config)).ok).toBe(true);
    expect(await refusalText(stage.add(source, { settings }))).toContain('write its keys under [plugins.weather.config]');
    await removePlugin(stage.folder.config, 'weather', { yes: true }, stage.deps);
    stage.folder.write('weather.toml', '[plugins.weather.config]\ntown = "there"\nat = { lat = 2 }\n');
    expect(await stage.add(source, { settings })).toBe('done');
    expect(weather()?.config).toEqual({ town: 'there', at: { lat: 2 } });
    for (const text of ['town = ', '[plugins.other.config]\n']) {
      stage.folder.write('weather.toml', text);
      expect(await refusalText(stage.add(stage.build({ version: '2.0.0' }), { name: 'sky', settings }))).toMatch(
        /^E_AGENT_REFUSED: .*weather\.toml/u,
      );
    }
  });

  it('takes a tarball, and refuses a file that is not there', async () => {
    stage.folder.write('weather.tgz', packed(stage.build()));
    expect(await stage.add(stage.folder.path('weather.tgz'))).toBe('done');
    expect(await refusalText(stage.add(stage.folder.path('missing.tgz')))).toContain('is not there; expected a folder, a .tgz');
  });

  it('gets what is a peer although it is needed for development too, as the SDK is, and nothing else of that', async () => {
    const registry = await LoopbackRegistry.start();
    try {
      stage.registry = registry.url;
      registry.publish(writePackage(stage.folder.path('dep'), { package: 'a-peer' }));
      const source = stage.build({ top: "import 'a-peer';" });
      const path = join(source, 'package.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
      const needs = { peerDependencies: { 'a-peer': '1.0.0' }, devDependencies: { 'a-peer': '1.0.0', 'not-there': '1.0.0' } };
      writeFileSync(path, JSON.stringify({ ...manifest, ...needs }));
      registry.publish(source);
      expect(await stage.add('@example/weather', { yes: true })).toBe('done');
      const tree = treeFolder(stage.packages, 'weather', weather()?.integrity ?? '');
      expect(existsSync(join(tree, 'node_modules/a-peer/index.js'))).toBe(true);
      expect(JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8'))).toMatchObject(needs);
    } finally {
      await registry.close();
    }
  });

  it('gets a package and its dependencies from a registry, asks for no tool of its author, and runs no script of either', async () => {
    const registry = await LoopbackRegistry.start();
    try {
      stage.registry = registry.url;
      const ran = stage.folder.path('ran');
      const scripts = (folder: string): void => {
        const path = join(folder, 'package.json');
        const touch = `node -e "require('fs').writeFileSync(${JSON.stringify(ran).replaceAll('"', "'")}, '')"`;
        const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
        const devDependencies = { 'a-tool-of-its-author': '1.0.0' };
        const own = { devDependencies, scripts: { install: touch, postinstall: touch, prepare: touch } };
        writeFileSync(path, JSON.stringify({ ...manifest, ...own }));
      };
      const dependency = writePackage(stage.folder.path('dep'), {
        package: 'a-dependency',
        more: { '.npmignore': '', LICENSE: 'x' },
      });
      const source = stage.build({ dependencies: { 'a-dependency': '1.0.0' }, top: "import 'a-dependency';" });
      for (const folder of [dependency, source]) {
        scripts(folder);
        registry.publish(folder);
      }
      expect(await stage.add('@example/weather', { yes: true })).toBe('done');
      const tree = treeFolder(stage.packages, 'weather', weather()?.integrity ?? '');
      expect(existsSync(join(tree, 'node_modules/a-dependency/index.js'))).toBe(true);
      expect(existsSync(join(tree, 'node_modules/a-dependency/.npmignore'))).toBe(false);
      expect(existsSync(ran)).toBe(false);
      expect(await refusalText(stage.add('@example/no-such-package', { yes: true }))).toMatch(
        /^E_AGENT_REFUSED: npm pack ended with/u,
      );
    } finally {
      await registry.close();
    }
  });
});

describe('stormpulse plugins update', () => {
  beforeEach(async () => {
    await stage.add(stage.build());
    stage.printed.length = 0;
  });

  it('takes a version that asks for no more, and keeps what the operator wrote', async () => {
    stage.folder.write(
      'stormpulse.toml',
      stage.toml.replace('isolation = "process"', 'isolation = "worker" # cheaper\nstartup = "error"'),
    );
    expect(await stage.update(stage.build({ version: '1.1.0' }))).toBe('done');
    expect(weather()).toMatchObject({ isolation: 'worker', startup: 'error' });
    expect(stage.toml).toContain('isolation = "worker" # cheaper\n');
    expect([stage.records, stage.trees.length]).toEqual([['1.0.0 granted', '1.1.0 granted'], 1]);
    expect(stage.changes.at(-1)).toMatchObject({ action: 'update', version: '1.1.0', more: [], less: [] });
  });

  it('one that asks for more waits: nothing changes until it is granted', async () => {
    const before = stage.toml;
    expect(await stage.update(stage.build({ version: '1.1.0', capabilities: ID }), { yes: true })).toBe('waits');
    expect(stage.printed).toContain('        + exec /usr/bin/id');
    expect([stage.toml, stage.records]).toEqual([before, ['1.0.0 granted', '1.1.0 waiting']]);
    expect((await inspectPlugin(stage.folder.config, 'weather', {})).version).toBe('1.0.0');
    stage.printed.length = 0;
    await grant();
    expect(stage.printed).toContain('        + exec /usr/bin/id');
    expect(weather()?.grants).toEqual({ exec: ['/usr/bin/uptime', '/usr/bin/id'], commands: 'read' });
    expect(stage.records).toEqual(['1.0.0 granted', '1.1.0 granted']);
    expect(stage.changes.at(-1)).toMatchObject({ action: 'grant', version: '1.1.0', more: ['exec /usr/bin/id'] });
    expect((await inspectPlugin(stage.folder.config, 'weather', {})).version).toBe('1.1.0');
  });

  it('one that asks for less tells which grants are left over', async () => {
    await stage.update(stage.build({ version: '1.1.0', capabilities: '{}', commands: '[]' }));
    expect(stage.printed).toEqual(expect.arrayContaining(['        - exec /usr/bin/uptime', '        - commands read']));
  });

  it('one that does not start is rolled back: file, record and tree are as before', async () => {
    const before = [stage.toml, stage.records, stage.trees];
    expect(await refusalText(stage.update(stage.build({ version: '1.1.0', commands: '[0]' })))).toContain('it does not start');
    expect([stage.toml, stage.records, stage.trees]).toEqual(before);
  });

  it('is of the same package, and of a plugin that the file names', async () => {
    expect(await refusalText(stage.update(stage.build({ package: 'other' })))).toContain('this is the package other');
    await removePlugin(stage.folder.config, 'weather', { yes: true }, stage.deps);
    expect(await refusalText(stage.update(stage.build()))).toContain('has no [plugins.weather]');
  });

  it('SEC-208: neither an older nor a revoked version comes back by installing it', async () => {
    const old = stage.build();
    await stage.update(stage.build({ version: '1.10.0' }));
    expect(await refusalText(stage.update(old))).toContain('this host had version 1.10.0 of "weather", and 1.0.0 is older');
    await removePlugin(stage.folder.config, 'weather', { yes: true }, stage.deps);
    expect(await refusalText(stage.add(old))).toContain('is older');
    expect(await stage.add(old, { allowOlder: true })).toBe('done');
    await revoke();
    await removePlugin(stage.folder.config, 'weather', { yes: true }, stage.deps);
    expect(await refusalText(stage.add(old, { allowOlder: true }))).toMatch(/^E_PLUGIN_REVOKED/u);
    expect(weather()).toBeUndefined();
  });
});

describe('stormpulse plugins grant and revoke', () => {
  beforeEach(async () => {
    await stage.add(stage.build());
    stage.printed.length = 0;
    stage.questions.length = 0;
  });

  it('SEC-210: both show plugin, digest and difference, ask, and are left for the record; a no changes nothing', async () => {
    const { integrity = '' } = weather() ?? {};
    await revoke('exec=/usr/bin/uptime');
    expect(stage.printed).toEqual([
      'plugin    weather',
      'package   @example/weather 1.0.0',
      `digest    ${integrity}`,
      'revoke',
      '        - exec /usr/bin/uptime',
      expect.stringContaining('next start'),
    ]);
    expect(weather()?.grants).toEqual({ exec: [], commands: 'read' });
    await grant();
    expect(weather()?.grants).toEqual({ exec: ['/usr/bin/uptime'], commands: 'read' });
    expect(stage.questions).toEqual(['Revoke this?', 'Grant this?']);
    expect(stage.changes.map(({ action, more, less }) => [action, more, less])).toEqual([
      ['add', ['exec /usr/bin/uptime', 'commands read'], []],
      ['revoke', [], ['exec /usr/bin/uptime']],
      ['grant', ['exec /usr/bin/uptime'], []],
    ]);
    stage.answer = false;
    const before = [stage.toml, stage.records, stage.changes];
    for (const work of [grant(), revoke(), revoke('commands')]) expect(await refusalText(work)).toContain('not agreed to');
    expect([stage.toml, stage.records, stage.changes]).toEqual(before);
  });

  it('W40: commands can be revoked; the rest stays', async () => {
    await revoke('commands');
    expect(weather()?.grants).toEqual({ exec: ['/usr/bin/uptime'], commands: 'none' });
    const { sections, wouldRun } = await checkConfigFile(stage.folder.config);
    expect([sections, wouldRun?.plugins, wouldRun?.commands]).toEqual([[], ['host-metrics', 'signoff', 'weather'], []]);
  });

  it('W41: all of it can be revoked: it is not loaded any more, and cannot be granted again', async () => {
    await revoke();
    const { sections, ok } = await checkConfigFile(stage.folder.config);
    expect(sections).toEqual([
      expect.objectContaining({
        table: 'plugins.weather',
        state: 'disabled_error',
        reason: expect.stringContaining('was revoked on this host'),
      }),
    ]);
    expect(ok).toBe(true);
    expect(await refusalText(grant())).toMatch(/^E_PLUGIN_REVOKED/u);
  });

  it('W38: nothing is granted after one byte of the tree changed', async () => {
    const { integrity = '' } = weather() ?? {};
    rmSync(join(stage.packages, 'weather/manifests'), { recursive: true });
    const entry = join(treeFolder(stage.packages, 'weather', integrity), 'index.js');
    rmSync(entry);
    writeFileSync(entry, 'export default 1;');
    stage.runner.derived.length = 0;
    expect(await refusalText(grant())).toContain('is not the tree that was granted');
    expect(stage.runner.derived).toEqual([]);
    stage.folder.write('stormpulse.toml', stage.toml.replace('[plugins.weather]\n', '[plugins.weather]\nstartup = "error"\n'));
    expect((await checkConfigFile(stage.folder.config)).ok).toBe(false);
  });

  it.runIf(process.geteuid?.() === 0)(
    'in system mode the agent reads what root installs, its code is looked at with the rights of the agent, and the change is its',
    async () => {
      const agent = 65_534;
      const state = stage.folder.path('state');
      mkdirSync(state);
      chmodSync(stage.folder.folder, 0o755);
      chownSync(state, agent, agent);
      stage.folder.write(
        'stormpulse.toml',
        stage.folder.validToml().replace(stage.folder.path('stormpulse.db'), join(state, 'stormpulse.db')),
      );
      const deps = { ...stage.deps, packages: stage.packages };
      await addPlugin(stage.folder.config, stage.build({ version: '2.0.0' }), { yes: true, allowOlder: false }, deps);
      expect(stage.ranAs.at(-1)).toBe(agent);
      const [left = ''] = readdirSync(join(state, 'grant-changes'));
      const owned = statSync(join(state, 'grant-changes', left));
      expect([owned.uid, owned.mode & 0o777]).toEqual([agent, 0o600]);
      const tree = treeFolder(stage.packages, 'weather', weather()?.integrity ?? '');
      for (const [path, mode] of [
        ['', 0o755],
        ['index.js', 0o444],
      ] as const) {
        const { uid, mode: found } = statSync(join(tree, path));
        expect([uid, found & 0o777]).toEqual([0, mode]);
      }
    },
  );

  it('refuses words it does not know and what is not granted, and grants until a time to come', async () => {
    expect(await refusalText(revoke('fly'))).toContain('"fly" is no grant');
    expect(await refusalText(revoke('http'))).toContain('it is not granted');
    expect(
      await refusalText(grantPlugin(stage.folder.config, 'weather', { yes: true, until: '2001-01-01' }, stage.deps)),
    ).toContain('a time to come');
    await grantPlugin(stage.folder.config, 'weather', { yes: true, until: '2999-01-01' }, stage.deps);
    expect((await inspectPlugin(stage.folder.config, 'weather', {})).versions).toEqual([
      expect.objectContaining({ expiresAt: '2999-01-01T00:00:00.000Z' }),
    ]);
  });

  it('W46: a host that was copied asks again', async () => {
    stage.folder.write('stormpulse.toml', stage.toml.replace('id = "web-1"', 'id = "web-2"'));
    expect((await checkConfigFile(stage.folder.config)).sections).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('for the agent "web-1"') }),
    ]);
    await grant();
    expect((await checkConfigFile(stage.folder.config)).sections).toEqual([]);
  });
});

describe('stormpulse plugins remove, list and inspect', () => {
  it('removes section and code, and keeps what was decided', async () => {
    const before = stage.toml;
    await stage.add(stage.build());
    await removePlugin(stage.folder.config, 'weather', { yes: true }, stage.deps);
    expect([stage.toml.trimEnd(), stage.trees, stage.records]).toEqual([before.trimEnd(), [], ['1.0.0 granted']]);
    expect(stage.changes.at(-1)).toMatchObject({ action: 'remove', less: ['exec /usr/bin/uptime', 'commands read'] });
  });

  it('list tells how each does, from what the running agent says', async () => {
    await stage.add(stage.build());
    expect(listPlugins(stage.folder.config, {}).map(({ name, state }) => [name, state])).toEqual([
      ['host-metrics', null],
      ['signoff', null],
      ['weather', null],
    ]);
    const { processMark } = await import('../../host/process-mark.ts');
    const status = {
      pid: process.pid,
      mark: processMark(process.pid),
      version: '9.9.9',
      connection: { state: 'live', since: 1 },
      plugins: [
        { name: 'host-metrics', state: 'ready' },
        { name: 'signoff', state: 'ready' },
        { name: 'weather', state: 'degraded', reason: 'no wind' },
      ],
      commands: [],
      leftOut: [],
      refusals: {},
      outbox: { waiting: 0, lost: 0 },
      allowances: [],
      pluginProcesses: [
        { name: 'weather', cpuPercent: 1.25, memoryBytes: 3 * 1024 * 1024, restarts: 2, lastError: 'ended\u0007by 9' },
      ],
    };
    stage.folder.write('status.json', JSON.stringify(status));
    expect(
      listText(listPlugins(stage.folder.config, {}))
        .split('\n')
        .map((line) => line.split(/ {2,}/u)),
    ).toEqual([
      ['PLUGIN', 'STATE', 'ISOLATION', 'VERSION', 'CPU', 'MEMORY', 'RESTARTS', 'LAST ERROR'],
      ['host-metrics', 'ready', 'none (part of it)', '9.9.9', '-', '-', '-', '-'],
      ['signoff', 'ready', 'none (part of it)', '9.9.9', '-', '-', '-', '-'],
      ['weather', 'degraded', 'process', '1.0.0', '1.3 %', '3.0 MiB', '2', 'ended by 9'],
    ]);
  });

  it('SEC-203: inspect tells what a plugin may do, what it asks for and its commands, and runs nothing', async () => {
    await stage.add(stage.build());
    stage.runner.derived.length = 0;
    await revoke('exec');
    const found = await inspectPlugin(stage.folder.config, 'weather', {});
    expect(found).toMatchObject({
      package: '@example/weather',
      version: '1.0.0',
      isolation: 'process',
      mayDo: ['commands read'],
      difference: { more: ['exec /usr/bin/uptime'], less: [] },
      commands: [{ id: 'uptime', effect: 'read', title: 'Uptime' }],
    });
    expect(inspectText(found)).toContain('  asks besides, and is not granted: exec /usr/bin/uptime\n');
    expect(stage.runner.derived).toEqual([]);
  });

  it('inspect prints what the section of a plugin of the agent amounts to, and what it is held to', async () => {
    mkdirSync(stage.folder.path('x'));
    const commands = '[commands.df]\ngroup = "diagnostics"\ncommand = ["/usr/bin/df"]\ntimeout = 10\n';
    stage.folder.write('stormpulse.toml', `${stage.toml}${commands}`);
    const before = (await inspectPlugin(stage.folder.config, 'custom-commands', {})).mayDo;
    expect(before).toContain('exec /usr/bin/df');
    stage.folder.write('stormpulse.toml', `${stage.toml}[plugins.custom-commands.grants]\nexec = []\n`);
    expect((await inspectPlugin(stage.folder.config, 'custom-commands', {})).mayDo).toEqual(
      before.filter((line) => !line.startsWith('exec')),
    );
    const { leftOut, ok } = await checkConfigFile(stage.folder.config);
    expect([ok, leftOut.map(({ command, key }) => [command, key])]).toEqual([
      true,
      [['df', 'plugins.custom-commands.grants.exec']],
    ]);
    expect(await refusalText(inspectPlugin(stage.folder.config, 'nobody', {}))).toContain('enables no plugin "nobody"');
  });
});
