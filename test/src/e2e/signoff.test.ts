import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import { envelope } from '../doubles/v1-wire.ts';
import type { WireMessage } from '../doubles/v1-wire.ts';
import { HostStage, PROGRAM, command } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { PATIENT } from './patience.ts';

/** Here agent and operator are one user, who has to say that this is enough. */
const SIGNOFF = '\n[signoff]\naccept_same_user = true\n';
const HATCH = ['run_apply_block', 'run_verify_block'];

describe('the hatch of a host', () => {
  let stage: HostStage;
  let agent: AgentProcess;

  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(() => stage.close());

  const mark = (): string => command('mark', ['/usr/bin/touch', stage.path('marked')]);
  const start = async (tables = SIGNOFF): Promise<{ readonly link: HubSide; readonly register: WireMessage['payload'] }> => {
    const index = stage.hub.links.length;
    agent = stage.start(mark() + tables);
    const link = await stage.hub.link(index);
    const { payload } = await link.inbox.until('register', ({ type }) => type === 'register');
    return { link, register: payload };
  };
  const restart = async (): ReturnType<typeof start> => {
    agent.child.kill('SIGTERM');
    await agent.ended;
    return await start();
  };
  const stormpulse = async (...args: readonly string[]): Promise<readonly [code: number, told: string]> => {
    const child = spawn(process.execPath, ['--disable-proto=throw', PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', HOME: stage.folder },
    });
    let told = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (told += text));
    const [code] = (await once(child, 'close')) as [number];
    return [code, told];
  };
  const signoff = (verb: string, ...more: readonly string[]): ReturnType<typeof stormpulse> =>
    stormpulse('signoff', verb, '--config', stage.path('stormpulse.toml'), ...more);
  const unseal = (): ReturnType<typeof stormpulse> =>
    signoff('unseal', '--confirm-hostname', hostname(), '--for', '2h', '--why', 'a test');
  const run = async (name: string, text: string): Promise<WireMessage['payload']> => {
    const param = name === 'run_verify_block' ? 'verify_command' : 'apply_command';
    return (await stage.hub.run(name, { [param]: text })).payload;
  };
  const state = async (link: HubSide): Promise<WireMessage['payload']> =>
    (await link.inbox.until('signoff.state', ({ type }) => type === 'signoff.state')).payload;
  const offered = ({ commands }: WireMessage['payload']): string[] =>
    Object.keys(commands as object).filter((name) => HATCH.includes(name));
  const isSealed = (): boolean => existsSync(stage.path('signoff.sealed'));

  it('G1 G2 SEC-150 a fresh host is closed: the commands are not there, and a request says so without an event', async () => {
    const { link, register } = await start('');
    expect(register).toMatchObject({ signoff_sealed: true, unsealed_since: null });
    expect(offered(register)).toEqual([]);
    expect(isSealed()).toBe(true);
    const refused = await run('run_verify_block', `touch ${stage.path('ran')}`);
    expect(refused).toMatchObject({
      success: false,
      exit_code: -1,
      duration_ms: 0,
      group: 'signoff',
      failure_reason: 'signoff_sealed',
      stderr: expect.stringContaining('stormpulse signoff unseal') as unknown,
    });
    const unknown = stage.hub.request('no_such_command');
    link.send(unknown);
    const batch = await link.inbox.until('an event', ({ type }) => type === 'events.batch');
    const rejections = (batch.payload['events'] as Record<string, unknown>[]).filter(
      ({ kind }) => kind === 'whitelist_rejection',
    );
    expect(rejections.map((event) => event['command'])).toEqual(['no_such_command']);
    expect(existsSync(stage.path('ran'))).toBe(false);
  });

  it('G4 G5 SEC-152 opened while it runs: told within five seconds, and it counts after a restart', async () => {
    const { link } = await start();
    expect((await unseal())[0]).toBe(0);
    expect(await state(link)).toEqual({
      signoff_sealed: false,
      unsealed_since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/u) as unknown,
    });
    expect(await run('run_apply_block', 'true')).toMatchObject({ failure_reason: 'restart_required', group: 'signoff' });
    const { register } = await restart();
    const opened = readFileSync(stage.path('signoff.unsealed_at'), 'utf8');
    expect(register).toMatchObject({ signoff_sealed: false, unsealed_since: opened });
    expect(offered(register)).toEqual(HATCH);
    expect(register['commands']).toMatchObject({
      run_verify_block: { group: 'signoff', template: ['bash', '-c', '{verify_command}'], timeout: 30, long_running: false },
      run_apply_block: { template: ['bash', '-c', '{apply_command}'], timeout: 600 },
    });
    const ran = await run('run_verify_block', 'printf "%s" "${HOME} {x}" | cat; exit 3');
    expect(ran).toMatchObject({ success: false, exit_code: 3, failure_reason: 'exit_code', stdout: `${stage.folder} {x}` });
    expect((await run('run_verify_block', '')).success).toBe(true);
    expect((await stage.hub.run('run_verify_block')).payload).toMatchObject({ failure_reason: 'validation_failed' });
    expect(agent.log()).toContain('the hatch of this host is open');
    expect(await stormpulse('status', stage.path('stormpulse.toml'))).toEqual([1, expect.stringContaining('UNSEALED for <1m')]);
  });

  it('G3 G6 SEC-153 SEC-155 closed while it runs: at once, what runs is ended, and nothing of a sequence begins', async () => {
    await start();
    await unseal();
    const { link } = await restart();
    const mixed = stage.hub.sequence(['mark', 'run_apply_block']);
    link.send(mixed);
    const [alone] = await link.inbox.count('command.result', 1);
    expect(alone?.payload).toMatchObject({ command: 'run_apply_block', failure_reason: 'validation_failed' });
    const long = stage.hub.request('run_apply_block', { apply_command: `touch ${stage.path('begun')}; sleep 1000` });
    link.send(long);
    await vi.waitFor(() => expect(existsSync(stage.path('begun'))).toBe(true), PATIENT);
    expect((await signoff('seal'))[0]).toBe(0);
    const ended = await link.inbox.until('its end', ({ payload }) => payload['request_id'] === long.id);
    expect(ended.payload).toMatchObject({ failure_reason: 'cancelled', stderr: expect.stringContaining('closed') as unknown });
    expect(await run('run_apply_block', 'true')).toMatchObject({ failure_reason: 'signoff_sealed', group: 'signoff' });
    expect(await state(link)).toEqual({ signoff_sealed: true, unsealed_since: null });
    const before = link.inbox.of('command.result').length;
    link.send(stage.hub.sequence(['mark', 'run_verify_block', 'run_apply_block'], { stopOnFailure: false }));
    link.send(stage.hub.request('mark', { none: 'x' }));
    const results = (await link.inbox.count('command.result', before + 2)).slice(before).map(({ payload }) => payload);
    expect(results.filter(({ sequence_id: id }) => id !== null)).toMatchObject([
      { command: 'run_apply_block', failure_reason: 'signoff_sealed' },
    ]);
    expect(existsSync(stage.path('marked'))).toBe(false);
    expect(isSealed()).toBe(true);
    expect(existsSync(stage.path('signoff.unsealed_at'))).toBe(false);
  });

  it('SEC-150 no message of a hub opens or closes it', async () => {
    const { link } = await start();
    const types = [
      'signoff.state',
      'signoff.state.ack',
      'signoff.unseal',
      'register.ok',
      'heartbeat.ack',
      'metrics.ack',
      'error',
    ];
    const opens = { signoff_sealed: false, unsealed_since: '2026-03-04T05:06:07+00:00', features: ['signoff'] };
    for (const type of types) link.send(envelope(type, stage.agentId, opens));
    for (const name of ['signoff_unseal', 'agent_unseal', 'unseal']) await stage.hub.run(name);
    expect(isSealed()).toBe(true);
    expect(await run('run_apply_block', 'true')).toMatchObject({ failure_reason: 'signoff_sealed' });
    await unseal();
    const reopened = await restart();
    for (const type of types) reopened.link.send(envelope(type, stage.agentId, { signoff_sealed: true }));
    expect(await run('run_apply_block', 'echo open')).toMatchObject({ stdout: 'open\n' });
  });

  it('G7 G8 G9 SEC-151 opening needs the typed name and, for the own user, the word of the file; closing needs nothing', async () => {
    await start();
    expect(await signoff('unseal')).toEqual([2, expect.stringContaining('--confirm-hostname')]);
    expect((await signoff('unseal', '--confirm-hostname', `${hostname()}x`))[0]).toBe(1);
    expect((await signoff('unseal', '--confirm-hostname', hostname(), '--for', '9h'))[0]).toBe(2);
    expect(isSealed()).toBe(true);
    expect((await signoff('seal'))[0]).toBe(0);
    expect((await signoff('seal'))[0]).toBe(0);
    expect(await signoff('status')).toEqual([0, expect.stringMatching(/^Sign-off: sealed/u)]);
    stage.configure();
    expect(await unseal()).toEqual([1, expect.stringContaining('accept_same_user')]);
    expect(isSealed()).toBe(true);
  });

  it('G10 a mark without zone is an unknown age, and one that was left alone opens nothing', async () => {
    await start();
    await unseal();
    writeFileSync(stage.path('signoff.unsealed_at'), '2026-03-04T05:06:07');
    const { register } = await restart();
    expect(register).toMatchObject({ signoff_sealed: false, unsealed_since: null });
    expect(await run('run_apply_block', 'echo open')).toMatchObject({ stdout: 'open\n' });
    rmSync(stage.path('signoff.opening.json'));
    await vi.waitFor(() => expect(isSealed()).toBe(true), PATIENT);
    expect(await run('run_apply_block', 'true')).toMatchObject({ failure_reason: 'signoff_sealed' });
  });

  it('SEC-156 the text of a block is in the record of the host before it runs, and so is who opened it', async () => {
    await start();
    await unseal();
    await restart();
    const text = `grep -rhoc 'canary-[0-9]' ${stage.path('audit')} #${'\u0001'.repeat(8_000)} canary-7`;
    expect(await run('run_apply_block', text)).toMatchObject({
      success: true,
      stdout: expect.stringMatching(/^[1-9]/u) as unknown,
    });
    const record = readdirSync(stage.path('audit'))
      .map((name) => readFileSync(stage.path(`audit/${name}`), 'utf8'))
      .join('');
    const lines = record.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
    const accepted = lines.find(({ kind, command: name }) => kind === 'command.accepted' && name === 'run_apply_block');
    expect(accepted?.['params']).toEqual({ apply_command: text });
    expect(lines.find(({ kind }) => kind === 'signoff.hatch_opened')).toMatchObject({ why: 'a test' });
  });

  it('the gate holds for a command of the operator that has the name, and F18 for one that is disabled', async () => {
    const own = command('run_apply_block', ['/usr/bin/touch', stage.path('marked')]);
    await start(own + SIGNOFF);
    expect((await stage.hub.run('run_apply_block')).payload).toMatchObject({ failure_reason: 'signoff_sealed', group: 'demo' });
    await unseal();
    agent.child.kill('SIGTERM');
    await agent.ended;
    stage.configure(['[agent]', '[agent]\ndisabled_commands = ["run_verify_block", "run_apply_block"]']);
    agent = stage.launch();
    const link = await stage.hub.link(1);
    const { payload } = await link.inbox.until('register', ({ type }) => type === 'register');
    expect(offered(payload)).toEqual([]);
    expect((await stage.hub.run('run_apply_block')).payload).toMatchObject({
      failure_reason: 'validation_failed',
      group: 'unknown',
    });
    expect(existsSync(stage.path('marked'))).toBe(false);
  });
});
