import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Type, definePlugin, wizard } from '@stormpulse/plugin-api';
import type { Exec, Plugin, Step, TObject, WizardHost } from '@stormpulse/plugin-api';
import { describe, expect, it } from 'vitest';
import { CHECKS } from './checks.ts';
import type { ConformanceFixture, Problems, ScratchProgram, WizardFixture } from './fixture.ts';

/** What `plan` gets in these tests: where the wizard's files go, and whether the one it writes is there. */
interface Detected {
  readonly folder: `/${string}`;
  readonly isThere: boolean;
}

interface Answered {
  readonly word: string;
  readonly loud: boolean;
}

interface Parts {
  readonly detect?: (host: WizardHost) => Promise<unknown>;
  readonly questions?: TObject | (() => never);
  readonly onStart?: () => Promise<void>;
}

const SAYS = Type.Object({
  word: Type.String({ default: 'ding', pattern: '^[a-z]{1,9}$', title: 'What it says' }),
  loud: Type.Boolean({ default: false, title: 'Loudly' }),
});
const SWITCH = '/usr/sbin/bell-switch';
const ROPE = '/rope';
let turn = 0;

function bell(plan: (detected: Detected, answers: Answered, exec: Exec) => readonly Step[], parts: Parts = {}): Plugin {
  const { questions = SAYS, onStart } = parts;
  return definePlugin({
    name: 'bell',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'Rings.',
    configSchema: Type.Object({ word: Type.String({ default: 'hello', maxLength: 20 }) }),
    capabilities: () => ({ exec: [SWITCH] }),
    setup(ctx) {
      ctx.health.probe({ id: 'rings', every: '1m', check: () => Promise.resolve() });
      if (onStart !== undefined) ctx.lifecycle.onStart(onStart);
      ctx.wizard.register(
        wizard({
          title: 'Bell',
          detect: parts.detect ?? looks,
          questions: () => (typeof questions === 'function' ? questions() : questions),
          plan: ({ detected, answers }) => plan(detected as Detected, answers as Answered, ctx.exec),
        }),
      );
    },
  });
}

const check = async (plugin: Plugin, more: Partial<ConformanceFixture> = {}): Promise<Problems> =>
  (await CHECKS['C18']?.run(plugin, {
    config: {},
    pkg: { name: 'stormpulse-plugin-bell', version: '1.0.0' },
    firstParty: false,
    ...more,
  })) ?? ['there is no C18'];

const section = (word: unknown): Step => ({ kind: 'config-section', section: 'plugins.bell.config', values: { word } });
const file = ({ folder }: Detected, content: string): Step => ({
  kind: 'write-file',
  path: `${folder}/rope`,
  content,
  mode: 0o640,
});
const verify: Step = { kind: 'verify', probe: 'rings' };
const unit: Step = { kind: 'enable-unit', unit: 'bell.service' };
const hang: Step = { kind: 'run', file: SWITCH, argv: ['on'], undo: ['off'] };
/** Hangs a rope up, and leaves it there. */
const hangs = ({ args, at }: ScratchProgram): undefined => {
  if (args[0] === 'on') writeFileSync(at(ROPE), '');
};
const hangsOrTakesDown = (program: ScratchProgram): undefined => {
  if (program.args[0] === 'off') rmSync(program.at(ROPE), { force: true });
  return hangs(program);
};
const opensTheFolder = (program: ScratchProgram): undefined => {
  if (program.args[0] === 'on') chmodSync(program.at('/etc/stormpulse'), 0o755);
  return hangsOrTakesDown(program);
};
const addsAByte = (program: ScratchProgram): undefined => {
  if (program.args[0] === 'on') appendFileSync(program.at('/etc/stormpulse/stormpulse.toml'), '#');
  return hangsOrTakesDown(program);
};
const onlyWith = (path: `/${string}`) => async (host: WizardHost) => {
  if (!(await host.exists(path))) throw new Error(`there is no ${path}`);
  return await looks(host);
};
const looks = async ({ exists, folder }: WizardHost) => ({ folder, isThere: await exists(`${folder}/rope`) });
const onlyOnce = async (host: WizardHost) => {
  const found = await looks(host);
  if (found.isThere) throw new Error('the bell hangs already');
  return found;
};
const looksForRope = async ({ exists, folder }: WizardHost) => ({ folder, isThere: await exists(ROPE) });

describe('C18 passes', () => {
  it.each<[string, Plugin, Partial<ConformanceFixture>]>([
    [
      'one that writes its config and its file, and asks its probe',
      bell((d, { word }) => [section(word), file(d, word), verify]),
      {},
    ],
    ['one without questions and steps', bell(() => [], { questions: Type.Object({}) }), {}],
    ['one that plans only where it is not done', bell((d) => (d.isThere ? [] : [file(d, 'x')])), {}],
    ['one that refuses a host without what it needs', bell((d) => [file(d, 'x')], { detect: onlyWith('/run/bell') }), {}],
    ['one that starts a unit', bell(() => [{ kind: 'config-section', section: 'bell', values: {} }, unit]), { firstParty: true }],
    [
      'one whose program is run where it did not run yet, and takes back what it did',
      bell((d) => (d.isThere ? [] : [hang, verify]), { detect: looksForRope }),
      { firstParty: true, wizard: { there: [], program: hangsOrTakesDown } },
    ],
    [
      'one that writes a file that it may',
      bell((d) => (d.isThere ? [] : [{ ...file(d, ''), path: ROPE } as Step]), { detect: looksForRope }),
      { firstParty: true, wizard: { files: [ROPE] } },
    ],
  ])('%s', async (_, plugin, more) => {
    expect(await check(plugin, more)).toEqual([]);
  });

  it('answers that the fixture gives, with the host that it describes', async () => {
    const asked: unknown[] = [];
    const plugin = bell(
      (d, answers) => {
        asked.push([d.isThere, answers]);
        return [section(answers.word)];
      },
      { detect: looksForRope },
    );
    expect(await check(plugin, { wizard: { answers: { word: 'dong' }, there: [ROPE] } })).toEqual([]);
    expect(new Set(asked.map((one) => JSON.stringify(one)))).toEqual(new Set(['[true,{"word":"dong","loud":false}]']));
  });

  it('the defaults, and a yes to every yes-no question, where nothing is and where everything is', async () => {
    const asked = new Set<string>();
    await check(bell((d, { loud }) => (asked.add(`${d.isThere} ${loud}`), []), { detect: looksForRope }));
    expect([...asked].toSorted()).toEqual(['false false', 'false true', 'true false', 'true true']);
  });
});

describe('C18 finds', () => {
  it.each<[string, Plugin, RegExp, WizardFixture?]>([
    [
      'a plan that depends on more than the answers',
      bell(() => [section(`w${(turn += 1)}`)]),
      /two plans for the same answers differ/u,
    ],
    [
      'a default that is no answer',
      bell(() => [], { questions: Type.Object({ word: Type.String({ default: 'NO', pattern: '^[a-z]$' }) }) }),
      /every question needs a default/u,
    ],
    [
      'a plan with an effect',
      bell((d) => (mkdirSync(dirname(d.folder), { recursive: true }), [])),
      /asking it changes \/etc\/stormpulse\/plugins/u,
    ],
    [
      'a file outside of its folder',
      bell(() => [{ kind: 'write-file', path: '/etc/cron.d/x', content: '', mode: 0o644 }]),
      /"\/etc\/cron\.d\/x" is outside the folder/u,
    ],
    ['a step that is not for plugins of others', bell(() => [hang]), /"run" is for plugins of the agent/u],
    [
      'a probe that it has not',
      bell(() => [{ kind: 'verify', probe: 'sings' }]),
      /not carried out: .*no probe "sings"; it has rings/u,
    ],
    ['a config that the plugin itself refuses', bell(() => [section('x'.repeat(21))]), /not carried out: .*word/u],
    ['a value that no file can hold', bell(() => [section(undefined)]), /cannot be written as TOML/u],
    [
      'one that plans always',
      bell((d) => [file(d, String((d as Detected & { turn: number }).turn))], {
        detect: ({ folder }) => Promise.resolve({ folder, turn: (turn += 1) }),
      }),
      /something to do again: write .*\/rope/u,
    ],
    [
      'one that goes back and forth',
      bell((d) => [section(d.isThere ? 'off' : 'on'), file(d, '')]),
      /something to do again: write \[plugins\.bell\.config\]/u,
    ],
    [
      'one that cannot be asked again',
      bell((d) => [file(d, '')], { detect: onlyOnce }),
      /not asked again: the bell hangs already/u,
    ],
    [
      'one that refuses every host',
      bell(() => [], {
        questions: () => {
          throw new Error('no tower');
        },
      }),
      /refuses every host it is tried on: no tower/u,
    ],
    [
      'one whose plugin does not start before it is set up',
      bell(() => [], { onStart: () => Promise.reject(new Error('no bell')) }),
      /refuses every host .*: no bell/u,
    ],
    [
      'a program that it was not granted',
      bell(() => [], { detect: ({ exec }) => exec('/bin/other', []) }),
      /refuses every host .*\/bin\/other/u,
    ],
    ['an answer of the fixture that is none', bell(() => []), /word: expected a text that fits/u, { answers: { word: 'LOUD' } }],
  ])('%s', async (_, plugin, told, given) => {
    expect((await check(plugin, given === undefined ? {} : { wizard: given })).join('\n')).toMatch(told);
  });

  const onceHung = (step: Step): Plugin => bell((d) => (d.isThere ? [] : [step, verify]), { detect: looksForRope });
  it.each<[string, Plugin, RegExp, WizardFixture['program']]>([
    [
      'a program that is run each time',
      bell(() => [hang]),
      /something to do again: run \/usr\/sbin\/bell-switch on/u,
      () => undefined,
    ],
    [
      'a program that nothing takes back',
      onceHung({ kind: 'run', file: SWITCH, argv: ['on'] }),
      /before step 2 fails, .*the step has no "undo"/u,
      hangs,
    ],
    ['a program whose undo leaves what it did', onceHung(hang), /before step 2 fails, .*\/rope$/u, hangs],
    [
      'a program whose undo leaves a byte',
      onceHung(hang),
      /before step 2 fails, .*: \/etc\/stormpulse\/stormpulse.toml$/u,
      addsAByte,
    ],
    ['a program whose undo leaves a mode', onceHung(hang), /before step 2 fails, .*: \/etc\/stormpulse$/u, opensTheFolder],
    [
      'a program whose undo fails',
      onceHung(hang),
      /could not be taken back: \/usr\/sbin\/bell-switch/u,
      (call) => (call.args[0] === 'off' ? { exitCode: 4 } : hangs(call)),
    ],
    [
      'a program whose undo needs that it ran',
      onceHung(hang),
      /step 1 fails, .*could not be taken back/u,
      ({ args, at }) =>
        args[0] === 'off' && !existsSync(at(ROPE)) ? { exitCode: 1 } : hangsOrTakesDown({ file: SWITCH, args, at }),
    ],
    [
      'a plan that runs what it should only say',
      bell((_d, _a, exec) => (void exec(SWITCH, ['on']), [])),
      /planning runs \/usr\/sbin\/bell-switch on/u,
      () => undefined,
    ],
  ])('%s, of a plugin of the agent', async (_, plugin, told, program) => {
    const wizardFixture: WizardFixture = { there: [], ...(program === undefined ? {} : { program }) };
    expect((await check(plugin, { firstParty: true, wizard: wizardFixture })).join('\n')).toMatch(told);
  });
});
