import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPlan } from './check-plan.ts';
import type { PlanBounds } from './plan.ts';

let root: string;
let bounds: PlanBounds;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bounds-'));
  mkdirSync(join(root, 'acme'));
  symlinkSync('/etc', join(root, 'acme/out'));
  bounds = {
    plugin: 'acme',
    firstParty: false,
    tables: [['plugins', 'acme', 'config']],
    folder: join(root, 'acme'),
    hostFolder: '/etc/stormpulse',
  };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function refusal(step: object, more: Partial<PlanBounds> = {}): string {
  try {
    checkPlan([step], { ...bounds, ...more });
    return 'not refused';
  } catch (error) {
    if (isAgentError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const file = (path: string, more: object = {}) => ({ kind: 'write-file', path, content: '', mode: 0o640, ...more });

describe('what a wizard may plan', () => {
  it('its own part of the file, files in its own folder, its own probes', () => {
    const steps = [
      { kind: 'config-section', section: 'plugins.acme.config', values: { a: 1 } },
      { kind: 'config-section', section: 'plugins.acme.config.more', values: {} },
      file(join(root, 'acme/deep/rule')),
      { kind: 'verify', probe: 'answers' },
    ];
    expect(checkPlan(steps, bounds)).toEqual(steps);
  });

  it.each([
    'agent',
    'plugins.other.config',
    'plugins.acmeX.config',
    'plugins',
    'plugins.acme.config.__proto__',
    'plugins.acme.config]\n[agent',
    '',
  ])('W24: not [%s]', (section) => {
    expect(refusal({ kind: 'config-section', section, values: {} })).toMatch(/^E_WIZARD_PLAN: .*Nothing was changed/su);
  });

  it.each(['plugins.acme', 'plugins.acme.grants'])('SEC-210: no wizard widens its own grants: not [%s]', (section) => {
    const step = { kind: 'config-section', section, values: { commands: 'destructive', isolation: 'none' } };
    expect(refusal(step)).toContain('is no section of "acme"');
  });

  it.each([
    { token: { file: '/etc/stormpulse/hmac.key' } },
    { file: '/etc/shadow' },
    { list: [{ deep: { env: 'AWS_SECRET' } }] },
    { token: { file: '/etc/stormpulse/../stormpulse/agent-key.pem' } },
    { token: { file: '/run/mine/../../etc/stormpulse/hmac.key' } },
  ])('SEC-204: no secret that nobody named to it: %o', (values) => {
    const step = { kind: 'config-section', section: 'plugins.acme.config', values };
    const answered = ['/etc/stormpulse/hmac.key', '/etc/stormpulse/../stormpulse/agent-key.pem', '/run/mine'];
    expect(refusal(step, { answered })).toContain('could be a secret of somebody else');
  });

  it('a secret that its operator named, or a file of its own', () => {
    const values = { token: { file: '/run/creds/acme' }, more: { file: join(root, 'acme/token') }, key: { env: 'ACME_KEY' } };
    const steps = [{ kind: 'config-section', section: 'plugins.acme.config', values }];
    expect(checkPlan(steps, { ...bounds, answered: ['/run/creds/acme', 'ACME_KEY'] })).toEqual(steps);
  });

  it.each(['../x', '/x', 'a/../b', 'a\\b', '/etc/stormpulse/stormpulse.toml'])('W26: not the file %s', (path) => {
    expect(refusal(file(path))).toContain('E_WIZARD_PLAN');
  });

  it.each([
    'acme',
    'acme/',
    'acme/../acme2/x',
    'acme//x',
    'acme/./x',
    'acme-2/x',
    'acme/a\\b',
    'acme/a\0b',
    'acme/out',
    'acme/out/passwd',
    'acme/out/new/x',
  ])('W26: not %s below the folder of the files', (path) => expect(refusal(file(`${root}/${path}`))).toContain('E_WIZARD_PLAN'));

  it('a file of a plugin of the agent, by its whole path and no other', () => {
    const named = join(root, 'signoff.sealed');
    expect(checkPlan([file(named)], { ...bounds, firstParty: true, files: [named] })).toEqual([file(named)]);
    expect(refusal(file(`${named}2`), { firstParty: true, files: [named] })).toContain('is outside the folder');
  });

  it.each([0o666, 0o4755, 0o620, -1, 1.5, '640'])('not a file of mode %s', (mode) => {
    expect(refusal(file(join(root, 'acme/x'), { mode }))).toContain('the mode is');
  });

  it.each([
    { kind: 'run', file: '/bin/true', argv: [] },
    { kind: 'enable-unit', unit: 'acme.service' },
  ])('no program and no unit: %o is for plugins of the agent itself', (step) => {
    expect(refusal(step)).toContain('is for plugins of the agent itself');
    expect(checkPlan([step], { ...bounds, firstParty: true })).toEqual([step]);
  });

  it.each(['a.timer', '../x.service', 'A.service', 'x.service\n', '.service', 'x'])('W27: not the unit %s', (unit) => {
    expect(refusal({ kind: 'enable-unit', unit }, { firstParty: true })).toContain('is no unit of a service');
  });

  it.each([{ kind: 'shell', script: 'x' }, { kind: '__proto__' }, {}, null, 'run'])(
    'W18: not a step that this agent does not know: %o',
    (step) => {
      expect(refusal(step as object, { firstParty: true })).toContain('is no step that this agent knows');
    },
  );

  it.each([
    { kind: 'run', file: 'true', argv: [] },
    { kind: 'run', file: '/bin/true', argv: 'x' },
    { kind: 'run', file: '/bin/true', argv: [1] },
    { kind: 'verify' },
    { kind: 'config-section', section: 'plugins.acme.config', values: [] },
  ])('not a step that is incomplete: %o', (step) => {
    expect(refusal(step, { firstParty: true })).toContain('E_WIZARD_PLAN');
  });
});
