import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../e2e/agent-process.ts';
import { HubPerson } from '../e2e/hub-person.ts';
import { CONFIG, STATE, ServedHost, UNIT } from './served-host.ts';
import type { Said, SystemdHost } from './systemd-host.ts';

const DAY_MS = 86_400_000;
/** An address of loopback; what is sent there is taken, and never answered. */
const MUTE_RESOLVER = '127.53.53.53';
const CREDENTIALS = '/etc/stormpulse';

interface Diagnosis {
  readonly ok: boolean;
  readonly findings: readonly { readonly area: string; readonly level: string; readonly problem: string; readonly fix: string }[];
}

interface Report {
  readonly suspect: string;
  readonly verdict: string;
  readonly remedy?: string;
}

describe('stormpulse doctor and investigate on a real host', () => {
  let served: ServedHost;
  let host: SystemdHost;
  let aheadMs = 0;
  const resolver = createSocket('udp4');

  beforeAll(async () => {
    served = await ServedHost.start(command('mark', ['/usr/bin/true']), { clock: { now: () => Date.now() + aheadMs } });
    ({ host } = served);
    resolver.bind(53, MUTE_RESOLVER);
    await once(resolver, 'listening');
  });
  afterAll(async () => {
    resolver.close();
    await served?.remove();
  });

  const stormpulse = (env: readonly string[], ...args: readonly string[]): Promise<Said> =>
    host.try('env', ...env, 'node', '/opt/stormpulse/agent/main.js', ...args);
  const doctor = async (env: readonly string[] = []): Promise<Diagnosis & { readonly code: number }> => {
    const { code, stdout, stderr } = await stormpulse(env, 'doctor', CONFIG, '--json');
    expect(stderr).toBe('');
    return { code, ...(JSON.parse(stdout) as Diagnosis) };
  };
  const investigate = async (...args: readonly string[]): Promise<readonly Report[]> => {
    const { code, stdout, stderr } = await stormpulse([], 'investigate', ...args, '--json');
    expect([code, stderr]).toEqual([0, '']);
    return (JSON.parse(stdout) as { readonly reports: readonly Report[] }).reports;
  };

  it('finds nothing where the service runs', async () => {
    expect(await doctor()).toMatchObject({ code: 0, ok: true, findings: [] });
  });

  it('investigate clears a quiet agent of flaps for as long as its connection lasted, and no longer', async () => {
    const [unseen] = await investigate('flaps');
    expect(unseen).toMatchObject({ suspect: 'connection', verdict: 'INCONCLUSIVE' });
    const window = /^stormpulse investigate flaps --since "(.*)" --until "(.*)"$/u.exec(unseen?.remedy ?? '') ?? [];
    expect(await investigate('flaps', '--since', window[1] ?? '', '--until', window[2] ?? '')).toEqual([
      expect.objectContaining({ suspect: 'connection', verdict: 'CLEARED' }),
    ]);
    await host.run('systemctl', 'restart', UNIT);
    await served.connected();
    expect(await investigate('flaps', '--since', window[1] ?? '')).toContainEqual(
      expect.objectContaining({
        suspect: 'agent restarts',
        verdict: 'IMPLICATED',
        evidence: expect.stringContaining('in order') as unknown,
      }),
    );
  });

  it('investigate does not clear a kernel whose log it never saw', async () => {
    const reports = await investigate('box', '--since', '1m');
    expect(reports.find(({ suspect }) => suspect === 'kernel')?.verdict).toBe('INCONCLUSIVE');
  });

  it('names eight faults of one host, each with what to do', async () => {
    await useTheClockOfTomorrow();
    await host.run('systemctl', 'stop', UNIT);
    await moveToSmallDisk();
    await useTheClockOfToday();
    await fillTheDisk();
    await host.write('/etc/resolv.conf', `nameserver ${MUTE_RESOLVER}\n`);
    await host.run('sed', '-i', 's#^url = "wss://[^:]*:#url = "wss://hub.example.com:#', CONFIG);
    await host.run('sed', '-i', '$a [garage]\\nenabled = true', CONFIG);
    await host.write(`${CREDENTIALS}/ca.pem`, 'no certificate');
    await host.run('chmod', '0644', `${CREDENTIALS}/hmac.key`);

    const { code, ok, findings } = await doctor(['HTTPS_PROXY=http://me:hunter2@proxy.example.com:3128']);
    expect([code, ok]).toEqual([1, false]);
    const wrong = findings.filter(({ level }) => level === 'wrong');
    const byArea = Object.fromEntries(wrong.map(({ area, problem, fix }) => [area, `${problem} -> ${fix}`]));
    expect(byArea).toMatchObject({
      clock: expect.stringMatching(/2[34] h behind.* -> .*--accept-clock/u) as unknown,
      certificates: expect.stringMatching(/holds no certificate -> ./u) as unknown,
      dns: expect.stringMatching(
        /^"hub\.example\.com" does not resolve: the name server did not answer.* -> .*getent hosts/u,
      ) as unknown,
      proxy: expect.stringMatching(/^HTTPS_PROXY is set and ignored.* -> ./u) as unknown,
      files: expect.stringMatching(/everybody may read this secret -> run: chmod o= \S*hmac\.key$/u) as unknown,
      disk: expect.stringMatching(/the disk is full \(ENOSPC\).* -> .*df -h/u) as unknown,
      hub: expect.stringMatching(/^the hub cannot be reached.* -> ./u) as unknown,
      plugins: expect.stringMatching(/\[garage\] is disabled_error.* -> ./u) as unknown,
    });
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  /** The state folder moves to a file system of its own, which has little room. */
  async function moveToSmallDisk(): Promise<void> {
    await host.run('mv', STATE, `${STATE}.kept`);
    await host.run('install', '-d', '-o', 'stormpulse', '-g', 'stormpulse', '-m', '0700', STATE);
    await host.run('mount', '-t', 'tmpfs', '-o', 'size=2m,mode=0700,uid=stormpulse,gid=stormpulse', 'tmpfs', STATE);
    await host.run('cp', '-a', `${STATE}.kept/.`, STATE);
  }

  /** The store comes to remember a day that is not yet (SEC-064). */
  async function useTheClockOfTomorrow(): Promise<void> {
    await host.write('/opt/stormpulse/tomorrow.mjs', `const now = Date.now; Date.now = () => now() + ${DAY_MS};`);
    const shifted = (await startLine()).replace('/usr/bin/node', '/usr/bin/node --import=/opt/stormpulse/tomorrow.mjs');
    aheadMs = DAY_MS;
    await served.dropIn('clock', `ExecStart=\nExecStart=${shifted}\n`);
    // Who signed in before is signed out by then.
    const person = await HubPerson.signIn(served.hub);
    const { id } = await person.order(served.agentId, 'mark');
    await served.until(async () => expect((await person.run(id)).state).toBe('succeeded'));
  }

  async function useTheClockOfToday(): Promise<void> {
    aheadMs = 0;
    await served.dropIn('clock', `ExecStart=\nExecStart=${await startLine()}\n`);
  }

  async function startLine(): Promise<string> {
    const unit = await host.run('cat', `/etc/systemd/system/${UNIT}`);
    return /^ExecStart=(.*)$/mu.exec(unit)?.[1] ?? '';
  }

  async function fillTheDisk(): Promise<void> {
    expect((await host.try('dd', 'if=/dev/zero', `of=${STATE}/filler`, 'bs=4096')).stderr).toContain('No space left on device');
  }
});
