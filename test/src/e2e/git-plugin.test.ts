import { appendFileSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import { HostStage, command } from './agent-process.ts';
import { GitProject } from './git-project.ts';

const GIT = '\n[git]\nrefs = ["main", "release/*", "v1.0"]\n';

describe('git on the project of a host', () => {
  let stage: HostStage;
  let project: GitProject;

  beforeEach(async () => {
    stage = await HostStage.create();
    project = new GitProject(stage.folder);
  });
  afterEach(() => stage.close());

  const projectTable = (): string =>
    `\n[project]\nproject_dir = ${JSON.stringify(project.directory)}\ncompose_file = ${JSON.stringify(join(project.directory, 'first'))}\ndocker_service_name = "web"\n`;
  const start = async (tables = GIT): Promise<{ readonly link: HubSide; readonly commands: Record<string, object> }> => {
    stage.start(projectTable() + tables);
    const link = await stage.hub.link();
    const { payload } = await link.inbox.until('register', ({ type }) => type === 'register');
    return { link, commands: payload['commands'] as Record<string, object> };
  };
  const run = async (name: string, params: Record<string, string> = {}): Promise<Record<string, unknown>> =>
    (await stage.hub.run(name, params)).payload;

  it("F1 git_pull is v1's, granted by [project] alone, and new files get the usual mode", async () => {
    const { commands } = await start('');
    expect(Object.keys(commands)).toEqual(['docker_logs', 'git_pull']);
    expect(commands['git_pull']).toEqual({
      group: 'deploy',
      description: "pull the project's repository",
      template: ['git', '-C', expect.stringMatching(/app$/u) as unknown, 'pull'],
      timeout: 60,
      requires_confirmation: false,
      long_running: false,
      params: {},
    });
    project.publish('second');
    expect(await run('git_pull')).toMatchObject({
      success: true,
      exit_code: 0,
      group: 'deploy',
      failure_reason: null,
      stdout: expect.stringMatching(/^Updating [0-9a-f]+\.\.[0-9a-f]+\nFast-forward\n second \| 1 \+\n/u) as unknown,
      stderr: expect.stringMatching(/^From .*remote\n/u) as unknown,
    });
    expect(statSync(join(project.directory, 'second')).mode & 0o777).toBe(0o644);
    expect(await run('git_pull')).toMatchObject({ success: true, stdout: 'Already up to date.\n', stderr: '' });
    expect(await run('git_pull', { ref: 'main' })).toMatchObject({ failure_reason: 'validation_failed' });
    project.git('remote', 'remove', 'origin');
    expect(await run('git_pull')).toMatchObject({ success: false, exit_code: 1, failure_reason: 'exit_code' });
  });

  it('F18 F19 git_pull can be disabled, and be the operator’s own', async () => {
    const own = command('git_pull', ['/bin/echo', 'mine']);
    expect((await start(own)).commands['git_pull']).toMatchObject({ group: 'demo', template: ['echo', 'mine'] });
    expect(await run('git_pull')).toMatchObject({ stdout: 'mine\n' });
  });

  it('looks, fetches and checks out what [git] allows, and nothing else', async () => {
    project.author('branch', 'release/7');
    project.author('branch', 'private');
    project.author('tag', 'v1.0');
    project.author('push', '-q', 'origin', 'release/7', 'private', 'v1.0');
    const { commands } = await start();
    expect(Object.keys(commands)).toEqual(['docker_logs', 'git_checkout', 'git_fetch', 'git_pull', 'git_status']);
    expect(await run('git_fetch')).toMatchObject({ success: true });
    for (const [ref, branch] of [
      ['release/7', 'release/7\n'],
      ['v1.0', ''],
      ['main', 'main\n'],
    ] as const) {
      expect(await run('git_checkout', { ref })).toMatchObject({ success: true });
      expect(project.git('branch', '--show-current')).toBe(branch);
    }
    for (const ref of ['private', '-f', '--orphan=x', 'release/../private', 'main private', 'HEAD', 'release/@{1}', ''])
      expect([ref, (await run('git_checkout', { ref }))['failure_reason']]).toEqual([ref, 'validation_failed']);
    expect(project.git('branch', '--show-current')).toBe('main\n');
    appendFileSync(join(project.directory, 'first'), 'changed\n');
    expect(await run('git_status')).toMatchObject({
      stdout: expect.stringMatching(/^# branch\.oid [0-9a-f]{40}\n# branch\.head main\n[^]*\n1 \.M .* first\n$/u) as unknown,
    });
  });

  it('SEC-125 hooks, monitors and programs that settings of the repository name do not run', async () => {
    for (const name of ['post-merge', 'post-checkout', 'reference-transaction', 'pre-auto-gc']) {
      project.trap(name, 'app/.git/hooks');
      project.trap(name, 'hooks');
    }
    project.author('branch', 'release/7');
    project.author('push', '-q', 'origin', 'release/7');
    project.git('config', 'core.hooksPath', join(stage.folder, 'hooks'));
    project.git('config', 'core.fsmonitor', project.trap('monitor'));
    project.git('config', 'core.askPass', project.trap('ask'));
    project.git('config', 'core.editor', project.trap('editor'));
    project.git('config', 'sequence.editor', project.trap('sequence'));
    project.git('config', 'core.pager', project.trap('pager'));
    project.publish('second');
    await start();
    for (const name of ['git_status', 'git_fetch', 'git_pull'])
      expect([name, (await run(name))['success']]).toEqual([name, true]);
    expect(await run('git_checkout', { ref: 'release/7' })).toMatchObject({ success: true });
    expect(ran(stage)).toEqual([]);
    // Each of them would have: this is what a person's git does here.
    project.git('checkout', '-q', 'main');
    expect(ran(stage)).toContain('monitor.ran');
  });

  it('SEC-125 no program stands between the project and its remote', async () => {
    await start();
    project.git('config', 'core.sshCommand', project.trap('ssh'));
    project.git('remote', 'set-url', 'origin', 'ssh://nobody@127.0.0.1:1/x');
    expect(await run('git_fetch')).toMatchObject({ failure_reason: 'exit_code' });
    project.git('config', 'protocol.ext.allow', 'always');
    project.git('remote', 'set-url', 'origin', `ext::${project.trap('ext')}`);
    expect(await run('git_pull')).toMatchObject({
      failure_reason: 'exit_code',
      stderr: expect.stringContaining("'ext' not allowed") as unknown,
    });
    expect(ran(stage)).toEqual([]);
  });

  it('SEC-125 a repository whose settings give programs free names is refused, with the setting; nothing runs', async () => {
    project.publish('.gitattributes', '* filter=evil merge=evil diff=evil\n');
    const { link } = await start();
    const settings: readonly (readonly [key: string, value: string])[] = [
      ['filter.evil.smudge', project.trap('smudge')],
      ['filter.evil.clean', project.trap('clean')],
      ['filter.evil.process', project.trap('process')],
      ['merge.evil.driver', project.trap('merge')],
      ['credential.helper', `!${project.trap('helper')}`],
      ['credential.https://x.example.helper', 'store; true'],
      ['remote.origin.uploadpack', project.trap('uploadpack')],
      ['submodule.x.update', `!${project.trap('update')}`],
      ['gpg.program', project.trap('gpg')],
    ];
    for (const [key, value] of settings) {
      project.git('config', key, value);
      for (const name of ['git_pull', 'git_fetch', 'git_status']) {
        const { failure_reason: reason, stderr } = await run(name);
        expect([key, reason, String(stderr).includes(key)]).toEqual([key, 'validation_failed', true]);
      }
      project.git('config', '--unset-all', key);
    }
    project.git('config', 'include.path', 'more');
    project.git('config', '-f', '.git/more', 'filter.evil.smudge', project.trap('included'));
    expect(await run('git_pull')).toMatchObject({ failure_reason: 'validation_failed' });
    expect(ran(stage)).toEqual([]);
    project.git('config', '--unset-all', 'include.path');
    project.git('config', 'credential.helper', 'store --file ~/.git-credentials');
    expect(await run('git_pull')).toMatchObject({ success: true });
    expect(link.inbox.of('command.result').length).toBeGreaterThan(settings.length);
  });

  it('SEC-125 a setting that the operator trusts is used', async () => {
    project.publish('.gitattributes', '* filter=own\n');
    project.git('config', 'filter.own.smudge', project.trap('own'));
    await start('\n[git]\ntrust = ["filter.own"]\n');
    expect(await run('git_pull')).toMatchObject({ success: true });
    expect(project.hasRun('own')).toBe(true);
  });

  it('SEC-125 submodules are left alone, whatever the repository asks for', async () => {
    project.git('config', 'submodule.recurse', 'true');
    project.git('config', 'fetch.recurseSubmodules', 'true');
    project.author('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', join(stage.folder, 'remote.git'), 'sub');
    project.author('commit', '-q', '-m', 'sub');
    project.author('push', '-q', 'origin', 'main');
    await start();
    expect(await run('git_pull')).toMatchObject({ success: true });
    expect(readdirSync(join(project.directory, 'sub'))).toEqual([]);
  });

  it.runIf(process.geteuid?.() === 0)('a project of another owner is pulled, though no file of the system says so', async () => {
    project.publish('second');
    for (const name of ['.', '.git']) chownSync(join(project.directory, name), 12_345, 12_345);
    await start('');
    expect(await run('git_pull')).toMatchObject({ success: true });
    expect(existsSync(join(project.directory, 'second'))).toBe(true);
  });
});

function ran({ folder }: HostStage): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.ran'));
}
