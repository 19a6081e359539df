import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS } from '../e2e/terminal.ts';
import { InstalledHost } from './installed-host.ts';

const STORMPULSE = '/opt/stormpulse/bin/stormpulse';
const AS_OP = [
  'runuser',
  '-u',
  'op',
  '--',
  'env',
  'HOME=/home/op',
  'USER=op',
  'PATH=/usr/bin:/bin',
  'XDG_RUNTIME_DIR=/run/user/1000',
];
const OPS = '/home/op/.local/bin/stormpulse';

/** As docs/guides/install.md says, on a fresh Debian with systemd, from the tarball that is published. */
describe('an agent that is installed', () => {
  let installed: InstalledHost;
  beforeAll(async () => {
    installed = await InstalledHost.start();
  }, 600_000);
  afterAll(() => installed?.remove());

  it('in system mode by keystrokes: active, connected, after a reboot too, as exposed as the shipped unit, and gone when it is uninstalled', async () => {
    const { host } = installed;
    const before = await installed.paths();
    await installed.enroll('host-1');

    const refused = host.terminal(`${STORMPULSE} init`);
    await refused.answers('pulse token', KEYS.ctrlD);
    expect(await refused.ended).toBe(1);
    expect(refused.text).toContain('nothing was changed');
    expect((await host.try('test', '-e', '/etc/stormpulse/stormpulse.toml')).code).toBe(1);

    const terminal = host.terminal(`${STORMPULSE} init`);
    await terminal.answers('pulse token', KEYS.enter);
    await terminal.answers('address of the hub', KEYS.enter);
    await terminal.answers('Folder of a deployment', `/srv/my app${KEYS.enter}`);
    await terminal.answers('is not there. Make it?', KEYS.enter);
    await terminal.answers('compose file', KEYS.enter);
    await terminal.answers('main service', `api${KEYS.enter}`);
    await terminal.answers('env file', KEYS.enter);
    await terminal.answers('Set up docker', KEYS.enter);
    await terminal.answers('Set up git', KEYS.enter);
    await terminal.answers('Do this?', KEYS.enter);
    expect(await terminal.ended, terminal.text).toBe(0);
    expect(terminal.text).toContain('the agent runs, and starts with the host');

    await installed.connected('host-1');
    expect(await host.show('stormpulse.service', 'ActiveState')).toBe('active');
    expect(await host.show('stormpulse.service', 'UnitFileState')).toBe('enabled');
    expect(
      await host.run(
        'stat',
        '-c',
        '%a %U:%G',
        '/etc/stormpulse',
        '/etc/stormpulse/stormpulse.toml',
        '/etc/stormpulse/hmac.key',
        '/opt/stormpulse/data',
      ),
    ).toBe('750 root:stormpulse\n640 root:stormpulse\n640 root:stormpulse\n700 stormpulse:stormpulse\n');
    const exposure = await host.run('systemd-analyze', 'security', '--no-pager', 'stormpulse.service');
    expect(Number(/Overall exposure level for \S+: (\d+\.\d)/u.exec(exposure)?.[1])).toBeLessThanOrEqual(1.5);
    expect((await host.run('stat', '-c', '%s', '/opt/stormpulse/data/signoff.sealed')).trim()).toBe('0');
    expect(await host.run(STORMPULSE, 'init', '--dry-run', '--answers', await empty())).toContain('nothing is to be changed');

    await host.reboot();
    await installed.connected('host-1');

    const gone = await host.run(STORMPULSE, 'uninstall', '--yes');
    expect(gone).toContain('the deployment, /srv/my app');
    expect(difference(before, await installed.paths())).toEqual({
      left: ['/srv/my app drwxr-xr-x root root', '/srv/my app/docker-compose.yml -rw-r--r-- root root'],
      gone: [],
    });

    async function empty(): Promise<string> {
      await installed.answers('/run/answers.toml', 'plugins = {}\n');
      return '/run/answers.toml';
    }
  }, 300_000);

  it('in user mode by answers: active, connected, and gone when it is uninstalled', async () => {
    const { host } = installed;
    const before = await installed.paths();
    await installed.enroll('user-1', ...AS_OP);
    await installed.answers('/run/user/1000/answers.toml', 'project_dir = "none"\n', 'op');
    const said = await host.try(...AS_OP, OPS, 'init', '--answers', '/run/user/1000/answers.toml');
    expect(said, said.stdout + said.stderr).toMatchObject({ code: 0 });
    await installed.connected('user-1');
    expect(await installed.manager('is-active', 'stormpulse.service')).toBe('active');
    expect(await installed.manager('is-enabled', 'stormpulse.service')).toBe('enabled');
    expect(await host.run('stat', '-c', '%a', '/home/op/.config/stormpulse', '/home/op/.config/stormpulse/stormpulse.toml')).toBe(
      '700\n600\n',
    );
    const again = await host.run(...AS_OP, OPS, 'init', '--answers', '/run/user/1000/answers.toml');
    expect(again).toContain('nothing is to be changed');
    await host.run(...AS_OP, OPS, 'uninstall', '--yes');
    expect(difference(before, await installed.paths())).toEqual({ left: [], gone: [] });
  }, 300_000);
});

function difference(before: readonly string[], after: readonly string[]) {
  return { left: after.filter((line) => !before.includes(line)), gone: before.filter((line) => !after.includes(line)) };
}
