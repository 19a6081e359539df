import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostStage, command } from './agent-process.ts';
import { listeningSockets, treeOf } from './listening-sockets.ts';
import { PATIENT } from './patience.ts';

describe('the life of the agent process', () => {
  let stage: HostStage;

  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(async () => {
    await stage.close();
  });

  const waiting = (name: string): string =>
    command(name, [
      '/bin/sh',
      '-c',
      `while [ -d ${stage.folder} ] && [ ! -e ${stage.path('release')} ]; do sleep 0.05; done; echo late`,
    ]);

  it.each(['SIGTERM', 'SIGINT'] as const)('%s closes with 1000 and exits 0 (D8)', async (signal) => {
    const agent = stage.start();
    const link = await stage.hub.link();
    await link.inbox.count('metrics.push', 1);
    agent.child.kill(signal);
    expect(await link.closed).toBe(1000);
    expect(await agent.ended).toEqual([0, null]);
  });

  it('SIGTERM while it waits for its hub exits 0 (D9)', async () => {
    await stage.hub.stop();
    const agent = stage.start();
    await vi.waitFor(() => expect(agent.log()).toContain('ECONNREFUSED'), PATIENT);
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toEqual([0, null]);
  });

  it('SIGTERM lets a running command finish and sends its result before it goes', async () => {
    const agent = stage.start(waiting('slow'));
    const link = await stage.hub.link();
    link.send(stage.hub.request('slow'));
    await vi.waitFor(() => expect(treeOf(agent.pid).length).toBeGreaterThan(1), PATIENT);
    agent.child.kill('SIGTERM');
    writeFileSync(stage.path('release'), '');
    const [result] = await link.inbox.count('command.result', 1);
    expect(result?.payload).toMatchObject({ stdout: 'late\n', success: true });
    expect(await agent.ended).toEqual([0, null]);
  });

  it('SEC-001 holds no socket anybody could connect to, while it lives, runs a command, and reconnects', async () => {
    const agent = stage.start(waiting('slow'));
    const link = await stage.hub.link();
    await link.inbox.count('metrics.push', 1);
    expect(listeningSockets(process.pid).length, 'the check itself sees the hub in this process').toBeGreaterThan(0);
    const seen = new Set<string>();
    const sampling = setInterval(() => listeningSockets(agent.pid).forEach((socket) => seen.add(socket)), 100);
    try {
      link.send(stage.hub.request('slow'));
      await vi.waitFor(() => expect(treeOf(agent.pid).length).toBeGreaterThan(1), PATIENT);
      await link.inbox.count('heartbeat', 2);
      link.close(1012);
      const next = await stage.hub.link(1);
      writeFileSync(stage.path('release'), '');
      await next.inbox.count('command.result', 1);
      listeningSockets(agent.pid).forEach((socket) => seen.add(socket));
    } finally {
      clearInterval(sampling);
    }
    expect([...seen]).toEqual([]);
  });

  it('SEC-002 opens no debugger on SIGUSR1', async () => {
    const agent = stage.start();
    const link = await stage.hub.link();
    for (let at = 0; at < 100; at += 1) agent.child.kill('SIGUSR1');
    const beats = link.inbox.of('heartbeat').length;
    await link.inbox.count('heartbeat', beats + 1);
    expect(listeningSockets(agent.pid)).toEqual([]);
    expect(agent.log()).not.toContain('Debugger listening');
  });
});
