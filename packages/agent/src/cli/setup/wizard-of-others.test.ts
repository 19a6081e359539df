import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePackage } from '../../../test-support/plugin-package.ts';
import { refusalText } from '../../../test-support/refusal.ts';
import { SetupStage } from '../../../test-support/setup-stage.ts';
import { addPlugin } from '../plugins/add.ts';
import { npmIn } from '../plugins/npm.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const CHILD_ENTRY = new URL('../../../../services/dist/isolation/plugin-child.js', import.meta.url);

let stage: SetupStage;
beforeEach(async () => {
  stage = await SetupStage.create();
  await stage.init();
  // The code under test is this project's build, which lies outside of the plugin's tree.
  const isolated = () =>
    createPluginRunner({ clock: createSystemClock(), logger: () => silent, childEntry: CHILD_ENTRY, permissions: false });
  stage.runner = { load: (source) => isolated().load(source), derive: (source) => isolated().derive(source) };
});
afterEach(() => stage.close());

/** Installs the plugin `weather` with a wizard that plans `steps`, JavaScript. */
async function add(steps: string, more: { readonly pattern?: string; readonly probe?: string } = {}): Promise<void> {
  const runner = stage.runner;
  const source = writePackage(stage.path('source'), {
    configSchema: "Type.Object({ city: Type.String({ default: 'here' }), token: Type.String({ default: '' }) })",
    commands: `(ctx.health.probe({ id: 'answers', every: '1m', check: async () => { ${more.probe ?? ''} } }), ctx.wizard.register(setUp), [])`,
    capabilities: '{}',
    top: `const setUp = wizard({
      title: 'The weather',
      detect: async ({ exists, folder }) => ({ folder, isThere: await exists('/etc/passwd'), pid: process.pid }),
      questions: ({ isThere }) => Type.Object({
        city: Type.String({ default: isThere ? 'home' : 'nowhere', title: 'Which city', pattern: ${JSON.stringify(more.pattern ?? '^[a-z]+$')} }),
        token: Type.String({ default: '', title: 'Which token', 'x-secret': true }),
      }),
      plan: ({ detected, answers }) => ${steps},
    });`,
  });
  const deps = { runnerAs: () => runner, ask: () => Promise.resolve(true), print: () => undefined, npm: npmIn(undefined) };
  await addPlugin(stage.config, source, { yes: true, allowOlder: false }, deps);
  stage.printed.length = 0;
}

const CONFIG =
  "{ kind: 'config-section', section: 'plugins.weather.config', values: { city: answers.city, token: answers.token } }";
const FILE = "{ kind: 'write-file', path: detected.folder + '/map', content: String(detected.pid), mode: 0o600 }";

describe('the wizard of a plugin of others', () => {
  it('SEC-206: runs in its own process, and writes its config and its file; the token is shown as dots', async () => {
    await add(`[${CONFIG}, ${FILE}, { kind: 'verify', probe: 'answers' }]`);
    expect(await stage.initPlugin('weather', { 'Which city': ['BAD', 'rome'], 'Which token': 'hunter2' })).toBe(true);
    expect(parse(stage.toml)['plugins']).toMatchObject({ weather: { config: { city: 'rome', token: 'hunter2' } } });
    const pid = Number(readFileSync(join(stage.path('config/stormpulse/plugins/weather'), 'map'), 'utf8'));
    expect(pid).toBeGreaterThan(0);
    expect(pid).not.toBe(process.pid);
    expect(stage.printed.join('\n')).toContain('+ token = "••••••"');
    expect(stage.printed.join('\n')).not.toContain('hunter2');
  });

  it('W19: its probe is asked with the file as it is then; one that is not well takes all back', async () => {
    await add(`[${CONFIG}, { kind: 'verify', probe: 'answers' }]`, {
      probe: "throw new Error('no answer from ' + ctx.config.city)",
    });
    const before = stage.toml;
    expect(await stage.initPlugin('weather', { 'Which city': 'rome' })).toBe(false);
    expect(stage.toml).toBe(before);
    expect(stage.printed.join('\n')).toContain('no answer from rome');
  });

  it.each([
    ['SEC-210: its grants', "{ kind: 'config-section', section: 'plugins.weather.grants', values: { commands: 'destructive' } }"],
    ['SEC-210: where it runs', "{ kind: 'config-section', section: 'plugins.weather', values: { isolation: 'none' } }"],
    ['W24: the core', "{ kind: 'config-section', section: 'agent', values: { id: 'x' } }"],
    ['W26: a file elsewhere', "{ kind: 'write-file', path: '/etc/cron.d/x', content: '', mode: 0o644 }"],
    ['a program', "{ kind: 'run', file: '/bin/true', argv: [] }"],
    ['a unit', "{ kind: 'enable-unit', unit: 'x.service' }"],
  ])('changes nothing when it plans %s', async (_, step) => {
    await add(`[${FILE}, ${step}]`);
    const before = stage.files;
    expect(await refusalText(stage.initPlugin('weather'))).toMatch(
      /^E_WIZARD_PLAN: the wizard of "weather", step 2: .*Nothing was changed$/u,
    );
    expect(stage.files).toEqual(before);
    expect(existsSync(stage.path('config/stormpulse/plugins'))).toBe(false);
  });

  it('SEC-114: a pattern that could keep the terminal busy is refused before it is tried', async () => {
    await add('[]', { pattern: '^(a+)+$' });
    expect(await refusalText(stage.initPlugin('weather', { 'Which city': 'a'.repeat(40) }))).toMatch(
      /^E_AGENT_REFUSED: the wizard of "weather" failed, and nothing was changed: its wizard asks for "city" with a pattern that/u,
    );
    expect(stage.asked.filter((question) => question.includes('Which city'))).toEqual([]);
  });
});
