import { describe, expect, it } from 'vitest';
import { gitEnvironment } from './environment.ts';
import { programSettings, readSettings } from './program-settings.ts';

const local = (...entries: readonly (readonly [key: string, value: string])[]) =>
  entries.map(([key, value]) => ({ scope: 'local', key, value }));

describe('settings of a repository that name programs', () => {
  it('are read with their scope, whatever is in a value', () => {
    expect(readSettings('local\0core.bare\nfalse\0global\0alias.x\n!a\nb\0local\0core.flag\0')).toEqual([
      { scope: 'local', key: 'core.bare', value: 'false' },
      { scope: 'global', key: 'alias.x', value: '!a\nb' },
      { scope: 'local', key: 'core.flag', value: '' },
    ]);
    expect(readSettings('')).toEqual([]);
  });

  it.each([
    'filter.x.smudge',
    'filter.x.y.process',
    'merge.x.driver',
    'diff.external',
    'diff.x.textconv',
    'gpg.program',
    'gpg.x509.program',
    'remote.origin.uploadpack',
    'remote.origin.vcs',
    'core.gitproxy',
    'core.alternaterefscommand',
  ])('SEC-125 %s is one, of the repository and of its worktree, and the user’s own is not', (key) => {
    const found = (scope: string): readonly string[] => programSettings([{ scope, key, value: 'x' }]);
    expect([found('local'), found('worktree'), found('global'), found('command')]).toEqual([[key], [key], [], []]);
  });

  it.each([
    ['!x', true],
    ['/usr/bin/x', true],
    ['osxkeychain', true],
    ['store; x', true],
    ['cache --socket $(x)', true],
    ['store', false],
    ['store --file ~/.git-credentials', false],
    ['cache --timeout=300', false],
    ['', false],
  ])('SEC-125 the credential helper %j: a program %s', (value, isProgram) => {
    for (const key of ['credential.helper', 'credential.https://x.example.helper'])
      expect(programSettings(local([key, value]))).toEqual(isProgram ? [key] : []);
  });

  it('SEC-125 a submodule is updated by no program, and other settings are none', () => {
    const rest = ['core.bare', 'remote.origin.url', 'branch.main.merge', 'filter.x.required', 'user.name', 'diff.algorithm'];
    expect(programSettings(local(['submodule.x.update', '!y'], ['submodule.z.update', 'rebase']))).toEqual([
      'submodule.x.update',
    ]);
    expect(programSettings(local(...rest.map((key) => [key, 'x'] as const)))).toEqual([]);
  });
});

it('SEC-125 each run gets settings that win, and no setting of the system', () => {
  const env = gitEnvironment('/srv/app');
  const settings = Array.from({ length: Number(env['GIT_CONFIG_COUNT']) }, (_, at) => [
    env[`GIT_CONFIG_KEY_${at}`],
    env[`GIT_CONFIG_VALUE_${at}`],
  ]);
  expect(Object.fromEntries(settings)).toMatchObject({
    'protocol.ext.allow': 'never',
    'core.hooksPath': '/dev/null',
    'core.fsmonitor': 'false',
    'safe.directory': '/srv/app',
  });
  expect(env).toMatchObject({ GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' });
});
