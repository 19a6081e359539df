import { mkdirSync } from 'node:fs';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalText } from '../../../test-support/refusal.ts';
import { SetupStage } from '../../../test-support/setup-stage.ts';
import { loadFirstParty } from '../../config/first-party.ts';

let stage: SetupStage;
beforeEach(async () => {
  stage = await SetupStage.create();
  stage.own.set('git', await loadFirstParty('git'));
});
afterEach(() => stage.close());

function makeRepository(): string {
  const folder = stage.path('app');
  mkdirSync(`${folder}/.git`, { recursive: true });
  return folder;
}

describe('the wizard of git', () => {
  it('is asked with the project that the same init was told of, and only when it is wanted', async () => {
    const folder = makeRepository();
    expect(
      await stage.init({ 'Folder of a deployment': folder, 'Set up git': true, 'may be checked out': 'main release/*' }),
    ).toBe(true);
    expect(parse(stage.toml)).toMatchObject({ project: { project_dir: folder }, git: { refs: ['main', 'release/*'] } });
  });

  it('is not answered with a yes by Enter, and without a project not asked at all', async () => {
    await stage.init({ 'Folder of a deployment': makeRepository() }, { dryRun: true });
    expect(stage.asked.filter((question) => question.includes('git')).at(-1)).toContain('Set up git');
    expect(stage.printed.join('\n')).not.toContain('[git]');
    stage.asked.length = 0;
    await stage.init();
    expect(stage.asked.filter((question) => question.includes('Set up git'))).toEqual([]);
  });

  it('is the only one that is asked besides: what is always there is set up without a question', async () => {
    stage.own.set('signoff', await loadFirstParty('signoff'));
    await stage.init({ 'Folder of a deployment': makeRepository() });
    expect(stage.asked.filter((question) => question.startsWith('Set up'))).toEqual([expect.stringContaining('git')]);
    expect(stage.mode('share/stormpulse-data/signoff.sealed')).toBe('640');
  });

  it('is taken from answers, with the project that they name', async () => {
    const folder = makeRepository();
    expect(await stage.init({ project_dir: folder, plugins: { git: { refs: 'main' } } })).toBe(true);
    expect(parse(stage.toml)['git']).toEqual({ refs: ['main'] });
  });

  it('on a host whose file has no [project] says what is missing, who asks for it, and what to write', async () => {
    await stage.init();
    const before = stage.files;
    const told = await refusalText(stage.initPlugin('git'));
    for (const part of [
      'project: is not there',
      'project_dir',
      'compose_file',
      'docker_service_name',
      'stormpulse init',
      'stormpulse git init',
    ])
      expect(told).toContain(part);
    expect(stage.files).toEqual(before);
  });

  it('says of a project that is no repository what to do; a person goes on without it, answers do not', async () => {
    const folder = stage.path('app');
    mkdirSync(folder);
    const noRepository = `${folder}, the project_dir of [project], is no git repository; clone it there, then: stormpulse git init`;
    expect(await refusalText(stage.init({ project_dir: folder, plugins: { git: {} } }))).toContain(noRepository);
    expect(await stage.init({ 'Folder of a deployment': folder, 'Set up git': true })).toBe(true);
    expect(stage.printed.join('\n')).toContain(noRepository);
    expect(parse(stage.toml)['git']).toBeUndefined();
    expect(await refusalText(stage.initPlugin('git'))).toContain(noRepository);
    makeRepository();
    expect(await stage.initPlugin('git', { 'may be checked out': 'main' })).toBe(true);
    expect(parse(stage.toml)['git']).toEqual({ refs: ['main'] });
  });
});
