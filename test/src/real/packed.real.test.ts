import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OurHubStage } from '../e2e/our-hub-stage.ts';
import { PATIENT } from '../e2e/patience.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What the npm of this machine fetched before is not fetched again. */
const NPM = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const SLOW = 600_000;
const CONNECTED = { liveness: { link: { state: 'up' } } };

/** Starts a hub of the installed package on free ports, and prints the page it serves. */
const HUB = `
import { createHub } from '@stormpulse/hub';
const any = { host: '127.0.0.1', port: 0 };
const hub = await createHub({ stateDir: 'state', agentsListen: any, peopleListen: any });
console.log(await (await fetch(hub.peopleUrl)).text());
await hub.close();
`;

/** What a registry would hold, installed as people install it: no folder of this repository is read, only tarballs. */
describe('the packages as they are published', () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  const tarball = (name: string): string => path(`packed/stormpulse-${name}-0.1.0.tgz`);
  const run = (cwd: string, file: string, ...args: string[]): string =>
    execFileSync(file, args, { cwd, encoding: 'utf8', timeout: SLOW, stdio: ['ignore', 'pipe', 'pipe'] });
  const install = (name: string, ...packages: string[]): string => {
    mkdirSync(path(name));
    writeFileSync(path(`${name}/package.json`), '{ "private": true }');
    run(path(name), 'npm', 'install', ...NPM, ...packages.map(tarball));
    return path(name);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'packed-'));
    run(ROOT, process.execPath, 'scripts/pack.mjs', path('packed'));
    install('agent', 'agent');
  }, SLOW);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('the agent is one bundle and one native part of libsql, and says its version', () => {
    expect(installedIn(path('agent'))).toEqual([`@libsql/linux-${process.arch}-gnu`, '@stormpulse/agent']);
    expect(run(path('agent'), 'node_modules/.bin/stormpulse', '--version')).toBe('storm-pulse-agent v0.1.0\n');
  });

  it(
    'a plugin made, tested and packed from them is added to an agent without a registry, and a person at the hub runs its command',
    async () => {
      const made = path('stormpulse-plugin-disk-watch');
      const created = [
        '--package',
        tarball('create-plugin'),
        'create-plugin',
        'disk-watch',
        '--yes',
        '--packages',
        path('packed'),
      ];
      run(folder, 'npx', '--yes', '--prefer-offline', ...created);
      run(made, 'npm', 'install', ...NPM);
      run(made, 'npm', 'test');
      expect(run(made, 'npm', 'run', '-s', 'check')).toMatch(/^18 passed, 0 failed$/mu);
      run(made, 'npm', 'pack', '--loglevel=error');

      const stage = await OurHubStage.create(path('agent/node_modules/@stormpulse/agent/bundle/main.js'));
      try {
        stage.start('');
        await vi.waitFor(() => expect(stage.person.get('/agents/node-7')).resolves.toMatchObject(CONNECTED), PATIENT);
        const plugin = join(made, 'stormpulse-plugin-disk-watch-0.1.0.tgz');
        const config = stage.path('stormpulse.toml');
        const nowhere = ['--registry', 'http://127.0.0.1:1/', '--config', config, '--yes'];
        expect(run(path('agent'), 'node_modules/.bin/stormpulse', 'plugins', 'add', plugin, ...nowhere)).toContain(
          '[plugins.disk-watch] is written',
        );
        await stage.kill();
        stage.startAgain();
        const { id } = await stage.order('disk-watch_greet', { who: 'Ada' });
        await vi.waitFor(() => expect(stage.person.run(id)).resolves.toMatchObject({ state: 'succeeded' }), PATIENT);
        expect(JSON.stringify((await stage.person.run(id)).target.result)).toContain('Hello, Ada!');
      } finally {
        await stage.close();
      }
    },
    SLOW,
  );

  it(
    'the hub starts from them, with its page',
    () => {
      const hub = install('hub', 'hub', 'dashboard', 'protocol', 'sqlite');
      expect(run(hub, 'node_modules/.bin/stormpulse-hub', '--help')).toContain('Usage: stormpulse-hub');
      expect(run(hub, process.execPath, '--input-type=module', '--eval', HUB)).toContain('<div id="root">');
    },
    SLOW,
  );
});

/** Names of the packages of a `node_modules` that holds none below another. */
function installedIn(folder: string): string[] {
  const modules = join(folder, 'node_modules');
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
  return names
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]))
    .toSorted((a, b) => (a < b ? -1 : 1));
}
