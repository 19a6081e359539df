import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Type, definePlugin, wizard } from '@stormpulse/plugin-api';
import type { Step } from '@stormpulse/plugin-api';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalText } from '../../../test-support/refusal.ts';
import { SetupStage, TOKEN } from '../../../test-support/setup-stage.ts';
import { checkConfigFile } from '../config-check.ts';

let stage: SetupStage;
beforeEach(async () => {
  stage = await SetupStage.create();
});
afterEach(() => stage.close());

const UNIT = 'config/systemd/user/stormpulse.service';
const OTHER = '99999999-2222-4333-8444-555555555555';

describe('stormpulse init', () => {
  it("W9, W15: sets an enrolled host up to a running service, with v1's values", async () => {
    expect(await stage.init()).toBe(true);
    expect(parse(stage.toml)).toMatchObject({
      agent: { id: 'web-1', pulse_token: TOKEN },
      dashboard: {
        url: 'wss://cp.example.net:8443/ws/pulse/',
        reconnect_min_seconds: 3,
        reconnect_max_seconds: 60,
        heartbeat_interval_seconds: 30,
      },
      auth: { command_max_age_seconds: 60 },
      metrics: { push_interval_seconds: 15, collect_containers: true },
    });
    expect(await checkConfigFile(stage.config)).toMatchObject({ ok: true, fatal: [] });
    expect([
      stage.mode('config/stormpulse/stormpulse.toml'),
      stage.mode('config/stormpulse'),
      stage.mode('share/stormpulse-data'),
    ]).toEqual(['600', '700', '700']);
    expect(readFileSync(stage.path(UNIT), 'utf8')).toContain(
      `${stage.path('share/stormpulse/agent/main.js')} run ${stage.config}`,
    );
    expect(stage.units.get('stormpulse.service')).toEqual({ enabled: true, active: true });
    expect(stage.printed.join('\n')).not.toContain(TOKEN);
  });

  it('W10: a fresh host is sealed for a v1 agent too', async () => {
    await stage.init();
    expect(stage.mode('share/stormpulse-data/signoff.sealed')).toBe('640');
  });

  it('W3: without a key of its enrollment it is refused, and nothing is written', async () => {
    rmSync(stage.path('config/stormpulse/hmac.key'));
    await refusalText(stage.init());
    const before = stage.files;
    expect(await refusalText(stage.init())).toMatch(/^E_AGENT_REFUSED: .* has no hmac\.key; enroll first/u);
    expect(stage.files).toEqual(before);
  });

  it('W4: a token that is none is asked again', async () => {
    await stage.init({ 'pulse token': ['abc', OTHER] });
    expect(stage.complaints).toEqual([expect.stringContaining('expected the token that the hub shows')]);
    expect(stage.toml).toContain(OTHER);
  });

  it('W5: run again, an empty answer keeps the token; nothing differs, so nothing is changed, and nothing restarts', async () => {
    await stage.init({ 'pulse token': TOKEN });
    const before = stage.files;
    stage.printed.length = 0;
    expect(await stage.init({ 'pulse token': '' })).toBe(true);
    expect(stage.files).toEqual(before);
    expect(stage.printed[0]).toBe('nothing is to be changed');
  });

  it('W6: a file that is there is not changed unless the operator says so; what it has besides is kept', async () => {
    await stage.init();
    const mine = `${stage.toml}\n# mine\n[policy]\ndeny = ["docker_restart"]\n`;
    stage.write('config/stormpulse/stormpulse.toml', mine);
    expect(await stage.init({ 'pulse token': OTHER })).toBe(true);
    expect(stage.toml).toBe(mine);
    expect(await refusalText(stage.init({ pulse_token: OTHER, plugins: {} }))).toContain('--force');
    expect(await stage.init({ pulse_token: OTHER, plugins: {} }, { force: true })).toBe(true);
    expect(stage.toml).toBe(mine.replace(TOKEN, OTHER));
  });

  it('W7, W8: a folder that is not there is made, with a compose file whose image cannot be pulled', async () => {
    const folder = stage.path('app');
    await stage.init({ 'Folder of a deployment': folder, 'main service': 'api' });
    expect(readFileSync(`${folder}/docker-compose.yml`, 'utf8')).toContain('services:\n  api:\n    image: placeholder:latest\n');
    expect(parse(stage.toml)['project']).toEqual({
      project_dir: folder,
      compose_file: `${folder}/docker-compose.yml`,
      docker_service_name: 'api',
    });
  });

  it('what is answered is written as text, whatever stands in it', async () => {
    const folder = stage.path('my "app" $x %h');
    mkdirSync(folder);
    await stage.init({ 'Folder of a deployment': folder, 'hub for agents': 'wss://hub.example/ws/pulse/?a="\\' });
    expect(parse(stage.toml)).toMatchObject({
      dashboard: { url: 'wss://hub.example/ws/pulse/?a="\\' },
      project: { project_dir: folder },
    });
  });

  it('the end of the input at any question changes nothing', async () => {
    const script = { 'Folder of a deployment': stage.path('app'), 'Set up': true };
    stage.own.set('acme', acme());
    await expect(stage.init(script, { dryRun: true })).resolves.toBe(true);
    const questions = stage.asked.length;
    expect(questions).toBeGreaterThan(6);
    const before = stage.files;
    for (stage.endsAfter = 0; stage.endsAfter <= questions; stage.endsAfter += 1) {
      stage.asked.length = 0;
      await expect(stage.init(script), `after ${stage.endsAfter}`).rejects.toThrow('nothing was changed');
      expect(stage.files).toEqual(before);
    }
  });

  it('a file in a form that is not edited is left, with what to write by hand', async () => {
    await stage.init();
    const mine = stage.toml
      .replace(/\[agent\]\nid = .*\npulse_token = .*\n/u, '')
      .replace(/^#.*\n/u, (head) => `${head}agent = { id = "web-1", pulse_token = "${TOKEN}" }\n`);
    stage.write('config/stormpulse/stormpulse.toml', mine);
    expect(await refusalText(stage.init({ pulse_token: OTHER, plugins: {} }, { force: true }))).toContain(
      'is written in a form that is not edited here',
    );
    expect(stage.toml).toBe(mine);
  });

  it('a plugin that cannot be asked keeps nobody from setting the agent up', async () => {
    stage.own.set('acme', 'no plugin');
    expect(await stage.init()).toBe(true);
  });

  it('--dry-run shows what would be done, the token as dots, and changes nothing', async () => {
    await refusalText(stage.init({ plugins: { nobody: {} } }));
    const before = stage.files;
    await stage.init({}, { dryRun: true });
    expect(stage.files).toEqual(before);
    const shown = stage.printed.join('\n');
    expect(shown).toContain('+ pulse_token = "••••••"');
    expect(shown).not.toContain(TOKEN);
  });

  it('a service that does not start is told; what is set up stays, and the next run starts it', async () => {
    stage.isBroken = true;
    expect(await stage.init()).toBe(false);
    expect(stage.printed.join('\n')).toContain('it does not start');
    stage.isBroken = false;
    expect(await stage.init()).toBe(true);
    expect(stage.units.get('stormpulse.service')?.active).toBe(true);
  });

  it('a file that no agent would start with is taken back, with what is wrong with it', async () => {
    const before = stage.files;
    stage.write('config/stormpulse/hmac.key', 'short');
    expect(await stage.init()).toBe(false);
    expect(stage.printed.join('\n')).toContain('holds 5 usable bytes');
    expect({ ...stage.files, 'config/stormpulse/hmac.key': '' }).toEqual({
      ...before,
      ...programFiles(),
      'config/stormpulse/hmac.key': '',
    });
  });
});

/** The stage's program comes with its first command. */
function programFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(stage.files).filter(([name]) => name.startsWith('share')));
}

/** One that asks everything there is to ask. */
function acme(steps?: (folder: string) => readonly Step[], isWell = true) {
  return definePlugin({
    name: 'acme',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'A gate.',
    configSchema: Type.Object({ port: Type.Optional(Type.Number()) }),
    capabilities: () => ({}),
    setup(ctx) {
      ctx.health.probe({
        id: 'answers',
        every: '1m',
        check: () => (isWell ? Promise.resolve() : Promise.reject(new Error('nobody answers'))),
      });
      ctx.wizard.register(
        wizard({
          title: 'The gate',
          detect: ({ folder }) => Promise.resolve({ folder }),
          questions: () =>
            Type.Object({
              mode: Type.Union([Type.Literal('on'), Type.Literal('off')], { default: 'on', title: 'Gate mode' }),
              port: Type.Integer({ minimum: 1, maximum: 65_535, default: 8_080, title: 'Gate port' }),
              token: Type.String({ default: 'none', title: 'Gate token', 'x-secret': true }),
            }),
          plan: ({ detected, answers }) =>
            steps?.(detected.folder) ?? [
              { kind: 'config-section', section: 'acme', values: { port: answers.port, mode: answers.mode } },
              { kind: 'verify', probe: 'answers' },
            ],
        }),
      );
    },
  });
}

describe('stormpulse PLUGIN init', () => {
  beforeEach(async () => {
    await stage.init();
    stage.printed.length = 0;
    stage.asked.length = 0;
  });
  const own = (steps?: (folder: string) => readonly Step[], isWell = true): void =>
    void stage.own.set('acme', acme(steps, isWell));
  const section = (folder: string): readonly Step[] => [
    { kind: 'write-file', path: `${folder}/rule` as `/${string}`, content: 'on\n', mode: 0o640 },
    { kind: 'verify', probe: 'answers' },
  ];

  it('W28: asks again what is outside its choices or its bounds', async () => {
    own(() => []);
    await stage.initPlugin('acme', { 'Gate port': ['70000', 'x', '8081'], 'Gate token': 's' });
    expect(stage.complaints).toEqual([
      'expected a whole number, at least 1, at most 65535',
      'expected a whole number, at least 1, at most 65535',
    ]);
    expect(await refusalText(stage.initPlugin('acme', { plugins: { acme: { port: 70_000, mode: 'up', more: 1 } } }))).toMatch(
      /port: expected a whole number, .*; mode: expected one of on, off; more: is not asked/u,
    );
  });

  it('writes in its own folder, asks its probe, and is a no-op the second time', async () => {
    own(section);
    expect(await stage.initPlugin('acme', { 'Gate token': 's' })).toBe(true);
    expect(readFileSync(stage.path('config/stormpulse/plugins/acme/rule'), 'utf8')).toBe('on\n');
    expect(statSync(stage.path('config/stormpulse/plugins/acme/rule')).mode & 0o777).toBe(0o640);
    const before = stage.files;
    expect(await stage.initPlugin('acme', { 'Gate token': 's' })).toBe(true);
    expect(stage.files).toEqual(before);
  });

  it('W19: a probe that is not well takes all of it back', async () => {
    own(section, false);
    const before = stage.files;
    expect(await stage.initPlugin('acme', { 'Gate token': 's' })).toBe(false);
    expect(stage.files).toEqual(before);
    expect(stage.printed.join('\n')).toContain('nobody answers');
    expect(stage.printed.at(-1)).toBe('The gate: everything that was begun was taken back');
  });

  it('W24: one that plans the core of the file is refused, and nothing is changed', async () => {
    own(() => [{ kind: 'config-section', section: 'agent', values: { id: 'x' } }]);
    const before = stage.files;
    expect(await refusalText(stage.initPlugin('acme', { 'Gate token': 's' }))).toContain('E_WIZARD_PLAN');
    expect(stage.files).toEqual(before);
  });

  it('a plugin that is not there is refused with those that are', async () => {
    own();
    expect(await refusalText(stage.initPlugin('weather'))).toContain('there is acme');
  });
});
