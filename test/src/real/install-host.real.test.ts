import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../e2e/agent-process.ts';
import { KEYS } from '../e2e/terminal.ts';
import { InstalledHost } from './installed-host.ts';
import type { Said } from './systemd-host.ts';

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

    await installed.linked('host-1');
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
    await installed.linked('host-1');

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
    await installed.linked('user-1');
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

  it('W21: in system mode, killed before any line of its journal: the next run ends with all or nothing, and can be carried out', async () => {
    const { host } = installed;
    await installed.enroll('host-2');
    await host.run('cp', '-a', '/etc/stormpulse', '/root/enrolled');
    await installed.answers('/root/answers.toml', 'project_dir = "none"\n');
    const init = (...node: readonly string[]): Promise<Said> =>
      host.try(...node, STORMPULSE, 'init', '--answers', '/root/answers.toml');
    const setUp = (): Promise<string> => host.run('sh', '-c', SET_UP);
    const nothing = await setUp();
    expect(await init()).toMatchObject({ code: 0 });
    const all = await setUp();
    const word = (found: string): string => (found === all ? 'all' : found === nothing ? 'nothing' : 'a part');
    const cutOff: string[] = [];
    const ended: string[] = [];
    for (let at = 1; ; at += 1) {
      await host.run(STORMPULSE, 'uninstall', '--yes');
      await host.run('cp', '-a', '/root/enrolled', '/etc/stormpulse');
      expect(await setUp()).toBe(nothing);
      await host.write('/root/kill.cjs', killedBefore(at));
      const { code } = await init('node', '--require', '/root/kill.cjs');
      if (code === 0) break;
      expect(code, `killed before line ${at}`).toBe(128 + 9);
      // Every other time the next run is init itself.
      if (at % 2 === 1) {
        cutOff.push(word(await setUp()));
        await host.try(STORMPULSE, 'doctor', '--recover');
        ended.push(word(await setUp()));
        expect((await host.try('test', '-e', JOURNAL)).code).toBe(1);
      }
      const again = await init();
      expect(again, again.stderr).toMatchObject({ code: 0 });
      expect(await setUp(), `carried out after line ${at}`).toBe(all);
      expect(await host.show('stormpulse.service', 'ActiveState')).toBe('active');
      // No lock, no claim to it, no journal.
      expect(await host.run('ls', '/etc/stormpulse/setup')).toBe('receipts.jsonl\n');
    }
    expect(cutOff).toContain('a part');
    expect(new Set(ended)).toEqual(new Set(['nothing', 'all']));
    await host.run(STORMPULSE, 'uninstall', '--yes');
  }, 900_000);

  it('W11: the agent of the host becomes one of a user, sealed before and after; what fails or is killed on the way leaves that of the host running', async () => {
    const { host } = installed;
    const before = await installed.paths();
    await installed.enroll('host-3');
    await installed.answers('/root/answers.toml', 'project_dir = "none"\n');
    expect(await host.try(STORMPULSE, 'init', '--answers', '/root/answers.toml')).toMatchObject({ code: 0 });
    const toml = await host.run('cat', '/etc/stormpulse/stormpulse.toml');
    await host.write('/etc/stormpulse/stormpulse.toml', `${toml}# mine\n${SAY}`);
    await host.run('systemctl', 'restart', 'stormpulse');
    await installed.linked('host-3');
    expect(await host.run(STORMPULSE, 'signoff', 'status')).toContain('sealed (');
    const given = await host.run('sh', '-c', GIVEN);
    const migrate = (...node: readonly string[]): Promise<Said> =>
      host.try(...AS_OP, ...node, OPS, 'migrate-to-rootless', '--yes');
    const isTheHosts = async (): Promise<void> => {
      expect(await host.show('stormpulse.service', 'ActiveState')).toBe('active');
      expect(await host.show('stormpulse.service', 'UnitFileState')).toBe('enabled');
      expect(await installed.manager('is-active', 'stormpulse.service')).not.toBe('active');
      expect(await host.run('sh', '-c', GIVEN)).toBe(given);
      expect(
        await host.run('sh', '-c', 'ls -A /home/op/.config/stormpulse /home/op/.local/share/stormpulse 2>/dev/null || true'),
      ).not.toMatch(/stormpulse\.toml|stormpulse\.db|moving/u);
      await installed.linked('host-3');
    };

    const asRoot = await host.try(STORMPULSE, 'migrate-to-rootless', '--yes');
    expect([asRoot.code, asRoot.stderr]).toEqual([1, expect.stringContaining('run stormpulse migrate-to-rootless as that user')]);
    const alone = await migrate();
    expect(alone).toMatchObject({ code: 1 });
    expect(alone.stderr).toContain('could not be read through sudo');
    await isTheHosts();
    await host.write('/etc/sudoers.d/op', 'op ALL=(ALL) NOPASSWD: ALL\n');

    // The user's service cannot start.
    await host.run(...AS_OP, 'mkdir', '-p', DROP_IN);
    await host.write(`${DROP_IN}/x.conf`, '[Service]\nExecStartPre=/bin/false\n');
    const failed = await migrate();
    expect(failed, failed.stdout + failed.stderr).toMatchObject({ code: 1 });
    expect(failed.stdout).toContain('everything that was begun was taken back');
    await isTheHosts();
    await host.run('rm', '-r', DROP_IN);

    // Killed before every third line of its journal, until it is carried out.
    let kills = 0;
    for (let line = 1; ; line += 3) {
      await host.write('/home/op/kill.cjs', killedBefore(line));
      const { code, stdout, stderr } = await migrate('node', '--require', '/home/op/kill.cjs');
      if (code === 0) break;
      expect(code, `killed before line ${line}: ${stdout}${stderr}`).toBe(128 + 9);
      kills += 1;
      // Every other time the next run is the move itself.
      if (kills % 2 === 0) continue;
      await host.try(...AS_OP, OPS, 'doctor', '--recover');
      await isTheHosts();
    }
    expect(kills).toBeGreaterThan(5);
    await host.run('rm', '/home/op/kill.cjs');

    expect(await host.show('stormpulse.service', 'ActiveState')).toBe('inactive');
    expect(await host.show('stormpulse.service', 'UnitFileState')).toBe('disabled');
    expect(await installed.manager('is-active', 'stormpulse.service')).toBe('active');
    expect(await installed.manager('is-enabled', 'stormpulse.service')).toBe('enabled');
    await installed.linked('host-3');
    expect(await host.run('cat', '/home/op/.config/stormpulse/stormpulse.toml')).toContain('# mine\n[commands.say]');
    expect(await host.run(...AS_OP, OPS, 'signoff', 'status')).toContain('sealed (');
    expect(await host.run('journalctl', '--no-pager', '_UID=1000')).toContain('dated before the floor');
    expect(await host.run(...AS_OP, OPS, 'audit', 'verify')).toContain('each as it was written');
    expect(await host.run('sh', '-c', 'find /home/op/.config/stormpulse /home/op/.local/share/stormpulse -not -user op')).toBe(
      '',
    );

    // The user's own commands take it for their own, and the host's can go.
    await installed.answers('/run/user/1000/answers.toml', 'project_dir = "none"\n', 'op');
    expect(await host.run(...AS_OP, OPS, 'init', '--answers', '/run/user/1000/answers.toml')).toContain(
      'nothing is to be changed',
    );
    await host.run(STORMPULSE, 'uninstall', '--yes');
    await host.run(...AS_OP, OPS, 'restart');
    await installed.linked('host-3');
    await host.run(...AS_OP, OPS, 'uninstall', '--yes');
    await host.run('rm', '/etc/sudoers.d/op');
    const { left, gone } = difference(before, await installed.paths());
    expect([left.filter((line) => !line.startsWith('/root/')), gone]).toEqual([[], []]);
  }, 600_000);
});

/** A command of the operator. */
const SAY = command('say', ['/usr/bin/echo', 'hello']).trimStart();
const GIVEN =
  'sha256sum /etc/stormpulse/*.* /etc/systemd/system/stormpulse.service; stat -c "%n %a %U:%G" /etc/stormpulse /etc/stormpulse/*';
const DROP_IN = '/home/op/.config/systemd/user/stormpulse.service.d';
const JOURNAL = '/etc/stormpulse/setup/journal.jsonl';

/** What a set-up makes or changes, in words: files with modes, owners and content, the account. What the agent keeps when it runs is not told. */
const SET_UP = `
find /etc/stormpulse /opt/stormpulse/data /etc/systemd/system/stormpulse.service -path /etc/stormpulse/setup -prune -o \
  \\( -not -path '/opt/stormpulse/data/*' -o -name signoff.sealed \\) -printf '%p %M %u %g\\n' 2>/dev/null | sort
find /etc/stormpulse /etc/systemd/system/stormpulse.service -path /etc/stormpulse/setup -prune -o -type f -exec sha256sum {} + 2>/dev/null | sort
getent passwd stormpulse
getent group stormpulse || true
`;

/** For `node --require`: the program is killed before it writes that line of a set-up's journal, so between two steps. */
function killedBefore(line: number): string {
  return `const fs = require('node:fs');
const write = fs.writeFileSync;
let lines = 0;
fs.writeFileSync = (file, data, ...more) => {
  if (typeof file === 'number' && /^\\{"(?:intent|done)"/.test(String(data)) && (lines += 1) === ${line}) process.kill(process.pid, 'SIGKILL');
  return write(file, data, ...more);
};
`;
}

function difference(before: readonly string[], after: readonly string[]) {
  return { left: after.filter((line) => !before.includes(line)), gone: before.filter((line) => !after.includes(line)) };
}
