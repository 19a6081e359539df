import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostStage, command } from './agent-process.ts';

describe('an agent short of file descriptors', () => {
  let stage: HostStage;

  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(async () => {
    await stage.close();
  });

  const limit = (pid: number, descriptors: number): void => {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`]);
  };
  const openOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

  it('SEC-185 works with 64; with less to spare it keeps its link, refuses commands with agent_overloaded, and recovers', async () => {
    const agent = stage.start(command('greet', ['/usr/bin/printf', 'hello\n']));
    const link = await stage.hub.link();
    await link.inbox.count('metrics.push', 1);
    limit(agent.pid, 64);
    expect((await stage.hub.run('greet')).payload).toMatchObject({ success: true, stdout: 'hello\n' });

    limit(agent.pid, openOf(agent.pid) + 8);
    const { payload } = await stage.hub.run('greet');
    expect(payload).toMatchObject({ success: false, exit_code: -1, failure_reason: 'agent_overloaded' });
    expect(payload['stderr']).toMatch(/no file descriptors to spare .*\d+ of \d+ .*; send the command again later/u);

    // Not even one is left: what the agent holds has to do.
    limit(agent.pid, openOf(agent.pid));
    expect((await stage.hub.run('greet')).payload).toMatchObject({ failure_reason: 'agent_overloaded' });
    await link.inbox.count('heartbeat', link.inbox.of('heartbeat').length + 2);
    expect(stage.hub.links).toHaveLength(1);

    limit(agent.pid, 64);
    expect((await stage.hub.run('greet')).payload).toMatchObject({ success: true, stdout: 'hello\n' });
    expect(agent.child.exitCode).toBeNull();
  });
});
