import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fourCommands } from './agent-install.ts';
import { blockingPlugin } from './blocking-plugin.ts';
import { COMMANDS_FOLDER, CONFIG, PATIENT, ServedHost, UNIT } from './served-host.ts';
import type { SystemdHost } from './systemd-host.ts';

describe('the shipped unit on a systemd host', () => {
  let served: ServedHost;
  let host: SystemdHost;

  beforeAll(async () => {
    served = await ServedHost.start(fourCommands({ outside: '/srv/deploy/mark', inside: `${COMMANDS_FOLDER}/mark` }));
    ({ host } = served);
  });
  afterAll(() => served?.remove());

  const mainPid = (): Promise<string> => served.show('MainPID');

  it('D12 is active once the agent says it is ready, and says what it does', async () => {
    expect(await served.show('ActiveState')).toBe('active');
    expect(await served.show('Type')).toBe('notify');
    await expect.poll(() => served.show('StatusText'), PATIENT).toBe('live, 4 commands offered');
  });

  it('SEC-170 has an exposure of at most 1.5', async () => {
    const [, score] =
      /Overall exposure level for stormpulse\.service: (\d+\.\d)/u.exec(
        await host.run('systemd-analyze', 'security', '--no-pager', UNIT),
      ) ?? [];
    expect(Number(score)).toBeLessThanOrEqual(1.5);
  });

  it('logs to the journal in its priorities, as text', async () => {
    await served.order('inside');
    const own = (await served.journal()).filter(({ SYSLOG_IDENTIFIER }) => SYSLOG_IDENTIFIER === 'stormpulse');
    expect(own.filter(({ PRIORITY }) => PRIORITY === '4').map(({ MESSAGE }) => MESSAGE)).toEqual([
      expect.stringMatching(/^agent: this run is weakened .*allowances=/u),
    ]);
    expect(own.filter(({ PRIORITY }) => PRIORITY === '6').map(({ MESSAGE }) => MESSAGE)).toContainEqual(
      expect.stringMatching(/^dispatch: command finished command=inside .*exit_code=0/u),
    );
    expect(own.filter(({ MESSAGE }) => /^[{<]/u.test(String(MESSAGE)))).toEqual([]);
  });

  it('SEC-168 SEC-186 may write no core dump, and stays within 96 MiB', async () => {
    expect(await host.run('cat', `/proc/${await mainPid()}/limits`)).toMatch(/^Max core file size\s+0\s+0\s/mu);
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/mu.exec(await host.run('cat', `/proc/${await mainPid()}/status`)) ?? [];
    expect(Number(kilobytes)).toBeLessThanOrEqual(96 * 1024);
  });

  it('SEC-120 gives commands nothing of the service manager, and they go first when memory runs out', async () => {
    const { stdout } = (await served.order('environment')).target.result ?? {};
    expect(stdout).toContain('PATH=');
    expect(stdout).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_|JOURNAL_STREAM|MALLOC_|INVOCATION_ID/u);
    expect((await served.order('score')).target.result?.stdout).toBe('500\n');
    expect(await host.run('cat', `/proc/${await mainPid()}/oom_score_adj`)).toBe('0\n');
  });

  it('a command that writes outside the sandbox is refused by the system, and its result says so; ReadWritePaths= allows it', async () => {
    expect((await served.order('inside')).target.result?.exit_code).toBe(0);
    const refused = (await served.order('outside')).target;
    expect(refused.result).toMatchObject({ exit_code: 1, failure_reason: 'exit_code' });
    expect(refused.result?.stderr).toContain("cannot touch '/srv/deploy/mark': Read-only file system");
    await served.dropIn('paths', 'ReadWritePaths=/srv/deploy\n');
    expect((await served.order('outside')).target.result?.exit_code).toBe(0);
  });

  it('SEC-171 an agent whose event loop a plugin blocks is restarted and names it; one that works is not', async () => {
    await host.run('mkdir', '-p', '/root/blocker');
    for (const [name, content] of Object.entries(await blockingPlugin())) await host.write(`/root/blocker/${name}`, content);
    const add = ['plugins', 'add', '/root/blocker', '--isolation', 'none', '--config', CONFIG, '--yes'];
    await host.run('node', '/opt/stormpulse/agent/main.js', ...add);
    // The shipped 60 s would make this test wait, and much less would end an agent that a loaded machine starves.
    await served.dropIn('watchdog', 'WatchdogSec=8\n');
    const before = await mainPid();
    const fed = new Set<string>();
    await expect.poll(async () => fed.add(await served.show('WatchdogTimestampMonotonic')).size, PATIENT).toBeGreaterThan(3);
    expect([await mainPid(), await served.show('NRestarts')]).toEqual([before, '0']);

    const blocked = await served.person.order(served.agentId, 'blocker_block');
    await expect.poll(() => served.show('NRestarts'), PATIENT).toBe('1');
    const told = (await served.journal()).map(({ MESSAGE }) => String(MESSAGE));
    expect(told).toContainEqual(expect.stringMatching(/^stormpulse\.service: Watchdog timeout/u));
    await expect.poll(() => served.show('ActiveState'), PATIENT).toBe('active');
    expect(await mainPid()).not.toBe(before);
    await served.connected();
    expect((await served.ended(blocked)).target.result).toMatchObject({ success: false, failure_reason: 'interrupted' });
    const errors = (await served.journal()).filter(({ PRIORITY }) => PRIORITY === '3').map(({ MESSAGE }) => MESSAGE);
    expect(errors).toContainEqual(expect.stringMatching(/^blocker: the agent ended while it was in the code of this plugin/u));
    expect((await served.order('score')).target.result?.exit_code).toBe(0);
  });

  it('stops in order: it says so, and exits 0', async () => {
    await host.run('systemctl', 'stop', UNIT);
    expect(await served.show('Result')).toBe('success');
    expect(await served.show('ExecMainStatus')).toBe('0');
  });

  it('a start that is refused stands in the journal as an error, with file, line and what to do', async () => {
    await host.run('sed', '-i', 's/^id = /idd = /', CONFIG);
    expect((await host.try('systemctl', 'start', UNIT)).code).not.toBe(0);
    const errors = (await served.journal()).filter(({ PRIORITY }) => PRIORITY === '3').map(({ MESSAGE }) => MESSAGE);
    expect(errors).toContainEqual(expect.stringMatching(/^\/etc\/stormpulse\/stormpulse\.toml:\d+: agent\.idd/u));
    await host.run('systemctl', 'stop', UNIT);
  });
});
