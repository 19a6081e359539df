import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import type { AgentProcess } from './agent-process.ts';
import { HostStage, command } from './agent-process.ts';
import { PATIENT } from './patience.ts';

describe('commands of our agent on a real system', () => {
  let stage: HostStage;
  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(() => stage.close());

  const sh = (name: string, script: string, more = ''): string => command(name, ['/bin/sh', '-c', script], more);
  const up = async (commands: string): Promise<{ readonly link: HubSide; readonly agent: AgentProcess }> => {
    const agent = stage.start(commands);
    const link = await stage.hub.link();
    await link.inbox.until('register', ({ type }) => type === 'register');
    return { link, agent };
  };
  const told = async (name: string, params: Record<string, string> = {}): Promise<Record<string, unknown>> =>
    (await stage.hub.run(name, params)).payload;

  it('F8 F9 F10 F11 SEC-127 each way to end is told as what it was', async () => {
    await up(
      sh('killed', 'kill -9 $$') +
        sh('late', 'echo part; sleep 1000').replace('timeout = 60', 'timeout = 3') +
        command('absent', [stage.path('absent')]) +
        sh('bytes', String.raw`printf 'a\377b\r\n'`),
    );
    expect(await told('killed')).toMatchObject({ success: false, exit_code: -9, failure_reason: 'exit_code' });
    expect(await told('late')).toMatchObject({ exit_code: -1, failure_reason: 'timeout', stdout: 'part\n' });
    expect(await told('absent')).toMatchObject({ exit_code: -1, failure_reason: 'not_found' });
    expect(await told('bytes')).toMatchObject({ success: true, stdout: 'a\uFFFDb\n' });
  });

  it("F1 F19 git_pull is the operator's where a table says so, run and advertised", async () => {
    const { link } = await up(command('git_pull', ['/bin/echo', 'pulled']));
    const register = await link.inbox.until('register', ({ type }) => type === 'register');
    expect(register.payload['commands']).toMatchObject({ git_pull: { group: 'demo', template: ['echo', 'pulled'] } });
    const request = stage.hub.request('git_pull');
    link.send(request);
    const results = await link.inbox.count('command.result', 1);
    expect(results.map(({ payload }) => payload)).toMatchObject([{ request_id: request.id, stdout: 'pulled\n' }]);
  });

  it('SEC-120 SEC-123 SEC-124 a command gets the written environment, three descriptors and no core file', async () => {
    const { agent } = await up(
      command('env', ['/usr/bin/env']) + command('fds', ['/bin/ls', '/proc/self/fd']) + sh('core', 'ulimit -c'),
    );
    expect(
      String((await told('env'))['stdout'])
        .trimEnd()
        .split('\n')
        .sort(),
    ).toEqual([`HOME=${stage.folder}`, 'LANG=C.UTF-8', 'PATH=/usr/bin:/bin', expect.stringMatching(/^STORMPULSE_CALL=/u)]);
    // The fourth is the listing's own.
    expect((await told('fds'))['stdout']).toBe('0\n1\n2\n3\n');
    expect((await told('core'))['stdout']).toBe('0\n');
    expect(readFileSync(`/proc/${agent.pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 /mu);
  });

  it('SEC-124 what eats memory or computes for ever is contained, and heartbeats go on', async () => {
    const limits = '\n[execution]\nlimits = { nice = 5, cpu_seconds = 1 }\n';
    const { link } = await up(
      sh('hog', 'head -c 400000000 /dev/zero | tail | wc -c', 'limits = { memory_mb = 64, cpu_seconds = 60 }\n') +
        sh('spin', 'while :; do :; done', 'effect = "read"\n') +
        limits,
    );
    const spin = stage.hub.request('spin');
    link.send(spin);
    expect(await told('hog')).toMatchObject({ stdout: '0\n', stderr: expect.stringContaining('memory exhausted') as unknown });
    const beats = link.inbox.of('heartbeat').length;
    const ended = await link.inbox.until('spin', ({ payload }) => payload['request_id'] === spin.id);
    expect(ended.payload).toMatchObject({ exit_code: -24, failure_reason: 'exit_code' });
    expect((await link.inbox.count('heartbeat', beats + 2)).length).toBeGreaterThan(beats);
  });

  it('SEC-121 an agent that stops leaves no process of a command, though it forked twice and ignores SIGTERM', async () => {
    const stray = `trap "" TERM; echo $$ > ${stage.path('stray')}; while [ -d ${stage.folder} ]; do sleep 0.05; done`;
    const { link, agent } = await up(
      sh('leave', `(setsid sh -c '${stray}' </dev/null >/dev/null 2>&1 &); while [ -d ${stage.folder} ]; do sleep 0.05; done`),
    );
    const request = stage.hub.request('leave');
    link.send(request);
    await vi.waitFor(() => expect(readFileSync(stage.path('stray'), 'utf8')).not.toBe(''), PATIENT);
    const pid = readFileSync(stage.path('stray'), 'utf8').trim();
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toEqual([0, null]);
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), PATIENT);
    const [result] = await link.inbox.count('command.result', 1);
    expect(result?.payload).toMatchObject({ request_id: request.id, failure_reason: 'interrupted' });
  });

  it('SEC-116 a secret is in no process list, environment, log, file or message of the agent', async () => {
    const CANARY = 'canary7f3a91c4';
    const script = `s=$(cat); echo "got $s"; echo "not $s" >&2; touch ${stage.path('begun')}; while [ -d ${stage.folder} ] && [ ! -e ${stage.path('go')} ]; do sleep 0.05; done; touch ${stage.path('ended')}`;
    const { link, agent } = await up(
      sh(
        'rotate',
        script,
        'stdin = "{api_token}"\n[commands.rotate.params.api_token]\nplaceholder = "api_token"\npattern = "[a-z0-9]+"\nsecret = true\n',
      ) + sh('go', `touch ${stage.path('go')}`, 'effect = "read"\n'),
    );
    const request = stage.hub.request('rotate', { api_token: CANARY });
    link.send(request);
    await vi.waitFor(() => expect(existsSync(stage.path('begun'))).toBe(true), PATIENT);
    expect(processesThatShow(CANARY)).toEqual([]);
    await told('go');
    const result = await link.inbox.until('rotate', ({ payload }) => payload['request_id'] === request.id);
    expect(result.payload).toMatchObject({ success: true, stdout: 'got [secret]\n', stderr: 'not [secret]\n' });
    expect(await told('rotate', { api_token: `${CANARY}!` })).toMatchObject({ failure_reason: 'validation_failed' });
    await link.inbox.count('metrics.push', link.inbox.of('metrics.push').length + 1);
    agent.child.kill('SIGTERM');
    await agent.ended;
    expect(JSON.stringify(link.inbox.messages)).not.toContain(CANARY);
    expect(agent.log()).toContain('command finished');
    expect(agent.log()).not.toContain(CANARY);
    const files = readdirSync(stage.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toContain('status.json');
    expect(files.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(CANARY))).toEqual([]);
  });
});

/** Processes, this one apart, whose arguments or environment hold the text. */
function processesThatShow(text: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/u.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => contentOf(`/proc/${pid}/${file}`).includes(text)));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    // It ended while the list was read, or is somebody else's.
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
