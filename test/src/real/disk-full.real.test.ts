import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import { HostStage, PROGRAM, command } from '../e2e/agent-process.ts';

/** SEC-184 on a real file system of 1 MiB, which this process mounts. */
describe('a disk that takes nothing', () => {
  let disk: string;
  let stage: HostStage | undefined;
  const ownTemporary = process.env['TMPDIR'];

  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), 'disk-'));
    const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', disk], {
      encoding: 'utf8',
    });
    if (status !== 0)
      throw new Error(`no file system could be mounted (${error?.message ?? stderr.trim()}); run as root: bash .ci/run`);
    // The host's whole folder, database and status file included, comes to lie on it.
    process.env['TMPDIR'] = disk;
    stage = await HostStage.create();
  });
  afterEach(async () => {
    await stage?.close();
    if (ownTemporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = ownTemporary;
    // Lazily: the database this process made there may be held until its memory is collected.
    spawnSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  /** Takes what is left; gives what frees it. */
  const fill = (): (() => void) => {
    const path = join(disk, 'filler');
    const descriptor = openSync(path, 'w', 0o600);
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(4_096));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    } finally {
      closeSync(descriptor);
    }
    return () => rmSync(path);
  };

  /** A refusal may be told or not; what counts is what ran. */
  const successes = (link: HubSide): number =>
    link.inbox.of('command.result').filter(({ payload }) => payload['success'] === true).length;

  it('SEC-184 full: commands are refused, heartbeats and metrics go on, nothing is cut short, and it recovers by itself', async () => {
    if (stage === undefined) throw new Error('there is no stage');
    const { hub, path } = { hub: stage.hub, path: (name: string) => stage?.path(name) ?? '' };
    const agent = stage.start(command('greet', ['/usr/bin/printf', 'hello\n']));
    const link = await hub.link();
    await link.inbox.count('metrics.push', 1);
    expect((await hub.run('greet')).payload).toMatchObject({ success: true });
    const before = { config: readFileSync(path('stormpulse.toml')), database: statSync(path('stormpulse.db')).size };

    const free = fill();
    const ran = (): number => successes(link);
    const results = ran();
    let refused = 0;
    // A write may still fit into what the database has; each needs room sooner or later.
    while (refused === 0) {
      const request = hub.request('greet');
      link.send(request);
      await link.inbox.count('heartbeat', link.inbox.of('heartbeat').length + 2);
      refused = agent.log().match(/nonce store failed|nonce_store_fault/gu)?.length ?? 0;
      if (ran() - results > 200) throw new Error('the disk never was full');
    }
    const atFull = ran();
    link.send(hub.request('greet'));
    const pushes = link.inbox.of('metrics.push').length;
    await link.inbox.count('metrics.push', pushes + 2);
    await link.inbox.count('heartbeat', link.inbox.of('heartbeat').length + 2);
    expect(ran(), 'what could not be remembered did not run').toBe(atFull);
    expect(hub.links).toHaveLength(1);
    expect(readFileSync(path('stormpulse.toml'))).toEqual(before.config);
    expect(statSync(path('stormpulse.db')).size).toBeGreaterThanOrEqual(before.database);
    expect(() => JSON.parse(readFileSync(path('status.json'), 'utf8')) as unknown).not.toThrow();

    free();
    expect((await hub.run('greet')).payload).toMatchObject({ success: true, stdout: 'hello\n' });
    expect(agent.child.exitCode).toBeNull();
  });

  it('SEC-184 the doctor names a full disk, and finds nothing once there is room', async () => {
    if (stage === undefined) throw new Error('there is no stage');
    stage.start();
    await (await stage.hub.link()).inbox.count('heartbeat', 1);
    const doctor = async (): Promise<unknown> => {
      const child = spawn(process.execPath, [PROGRAM, 'doctor', stage?.path('stormpulse.toml') ?? '', '--json'], {
        env: { PATH: '/usr/bin:/bin' },
      });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
      return { code, ...(JSON.parse(output) as object) };
    };
    const free = fill();
    const problem: unknown = expect.stringContaining('the disk is full (ENOSPC)');
    const fix: unknown = expect.stringContaining('df -h');
    expect(await doctor()).toMatchObject({ code: 1, findings: [{ area: 'disk', problem, fix }] });
    free();
    expect(await doctor()).toMatchObject({ code: 0, findings: [] });
  });

  it('SEC-184 read-only from the start: no command runs, heartbeats and metrics go on, and it recovers by itself', async () => {
    if (stage === undefined) throw new Error('there is no stage');
    const { hub } = stage;
    // Read-only for the agent alone, in a mount namespace of its own.
    const readOnly = ['unshare', '--mount', '/bin/sh', '-c', `mount -o remount,ro,bind ${disk} && exec "$@"`, 'sh'];
    const agent = stage.start(command('greet', ['/usr/bin/printf', 'hello\n']), readOnly);
    const link = await hub.link();
    link.send(hub.request('greet'));
    await link.inbox.count('metrics.push', 2);
    await link.inbox.count('heartbeat', 2);
    expect(agent.log()).toContain('the nonce database cannot be used; every command is refused until it can');
    expect(successes(link)).toBe(0);

    const { status, stderr } = spawnSync(
      'nsenter',
      ['--target', String(agent.pid), '--mount', 'mount', '-o', 'remount,rw,bind', disk],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect((await hub.run('greet')).payload).toMatchObject({ success: true, stdout: 'hello\n' });
    expect(hub.links).toHaveLength(1);
  });
});
