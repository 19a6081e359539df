import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { envelope, signedRequest } from '../doubles/v1-wire.ts';
import type { WireMessage } from '../doubles/v1-wire.ts';
import { HostStage, command } from './agent-process.ts';
import type { HubSide } from '../doubles/v1-hub.ts';

const V1_METRICS = [
  'containers',
  'cpu_percent',
  'disk_percent',
  'disk_total_gb',
  'disk_used_gb',
  'load_avg_1m',
  'load_avg_5m',
  'memory_percent',
  'memory_total_mb',
  'memory_used_mb',
  'uptime_seconds',
];

describe('our agent at a hub that knows v1 only', () => {
  let stage: HostStage;

  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(async () => {
    await stage.close();
  });

  const commands = (): string =>
    command('greet', ['/usr/bin/printf', 'hello\n']) +
    command('mark', ['/bin/sh', '-c', `echo x >> ${stage.path('marks')}`]) +
    command('fail', ['/bin/sh', '-c', 'exit 3']) +
    command('slow', [
      '/bin/sh',
      '-c',
      `while [ -d ${stage.folder} ] && [ ! -e ${stage.path('release')} ]; do sleep 0.05; done; echo late`,
    ]) +
    command(
      'say',
      ['/usr/bin/printf', '%s', '{word}'],
      '[commands.say.params.word]\nplaceholder = "word"\npattern = "[a-z-]+"\n',
    );
  const marks = (): number => (existsSync(stage.path('marks')) ? readFileSync(stage.path('marks'), 'utf8').length / 2 : 0);
  const up = async (): Promise<HubSide> => {
    stage.start(commands());
    const link = await stage.hub.link();
    await link.inbox.until('register', ({ type }) => type === 'register');
    return link;
  };
  const eventOf = async (link: HubSide, kind: string, ref: string): Promise<Record<string, unknown>> => {
    const find = (message: WireMessage): Record<string, unknown> | undefined =>
      message.type === 'events.batch'
        ? (message.payload['events'] as Record<string, unknown>[]).find(
            (event) => event['kind'] === kind && event['command_ref'] === ref,
          )
        : undefined;
    const batch = await link.inbox.until(`the event ${kind} of ${ref}`, (message) => find(message) !== undefined);
    return find(batch) ?? {};
  };

  it('registers first, without waiting for anything, and then sends heartbeat and metrics (D1, D2, E1)', async () => {
    const link = await up();
    const [register, ...others] = await link.inbox.count('register', 1);
    expect(others).toEqual([]);
    expect(link.inbox.messages[0]).toBe(register);
    expect(register).toMatchObject({
      v: 1,
      agent_id: 'node-7',
      payload: {
        pulse_token: '11111111-2222-4333-8444-555555555555',
        signoff_sealed: true,
        unsealed_since: null,
        wire_contract: null,
      },
    });
    expect(Object.keys(register?.payload['commands'] as object)).toEqual(['fail', 'greet', 'mark', 'say', 'slow']);
    expect(link.commonName).toBe('node-7');
    await link.inbox.count('heartbeat', 2);
    const [push] = await link.inbox.count('metrics.push', 2);
    expect(Object.keys(push?.payload ?? {}).sort()).toEqual([...V1_METRICS, 'integrations', 'jobs'].sort());
    expect(push?.payload['memory_total_mb']).toBeGreaterThan(0);
    // A hub that never said it knows plugins gets v1's integrations only, and none is configured.
    expect(push?.payload['integrations']).toBeNull();
  });

  it('runs what is listed and answers under the id of the request (F1, F7)', async () => {
    const link = await up();
    expect((await stage.hub.run('greet')).payload).toMatchObject({
      command: 'greet',
      group: 'demo',
      success: true,
      exit_code: 0,
      stdout: 'hello\n',
      stderr: '',
      sequence_id: null,
      failure_reason: null,
    });
    expect((await stage.hub.run('fail')).payload).toMatchObject({ success: false, exit_code: 3, failure_reason: 'exit_code' });
    expect((await stage.hub.run('say', { word: 'hi' })).payload).toMatchObject({ stdout: 'hi' });
    expect(link.inbox.of('command.result')).toHaveLength(3);
  });

  it('runs a sequence in order, one result a step, and stops where it is told to (F21, F22)', async () => {
    const link = await up();
    const order = stage.hub.sequence(['greet', 'fail', 'mark']);
    link.send(order);
    await link.inbox.count('command.result', 2);
    const last = stage.hub.sequence(['fail', 'greet'], { stopOnFailure: false });
    link.send(last);
    const results = await link.inbox.count('command.result', 4);
    expect(results.map(({ payload }) => [payload['command'], payload['sequence_id']])).toEqual([
      ['greet', order.payload['sequence_id']],
      ['fail', order.payload['sequence_id']],
      ['fail', last.payload['sequence_id']],
      ['greet', last.payload['sequence_id']],
    ]);
    expect(new Set(results.map(({ payload }) => payload['request_id'])).size).toBe(4);
    expect(marks()).toBe(0);
  });

  describe('refuses, says why in an event, and does nothing', () => {
    const REFUSED: readonly [string, string, () => WireMessage][] = [
      [
        'SEC-057 one byte of the signature changed',
        'bad_signature',
        () => changed((payload) => ({ hmac: flip(String(payload['hmac'])) })),
      ],
      ['one parameter changed', 'bad_signature', () => changed(() => ({ params: { word: 'other' } }))],
      ['the command changed', 'bad_signature', () => changed(() => ({ command: 'greet' }))],
      ['SEC-059 dated 30 s ahead', 'future_dated', () => dated(30_000)],
      ['SEC-059 a minute and a second old', 'too_old', () => dated(-61_000)],
      ['another key', 'bad_signature', () => signedRequest(Buffer.from('x'.repeat(32)), 'node-7', 'mark')],
      ['SEC-053 addressed to another agent', 'wrong_agent', () => signedRequest(stage.hmacKey, 'node-8', 'mark')],
    ];
    const changed = (change: (payload: WireMessage['payload']) => object): WireMessage => {
      const request = stage.hub.request('mark');
      return { ...request, payload: { ...request.payload, ...change(request.payload) } };
    };
    const dated = (ms: number): WireMessage =>
      stage.hub.request('mark', {}, { ts: new Date(Date.now() + ms).toISOString().replace(/\.\d{3}Z$/u, 'Z') });
    const flip = (hmac: string): string => (hmac.startsWith('0') ? '1' : '0') + hmac.slice(1);

    it.each(REFUSED)('%s', async (_name, reason, make) => {
      const link = await up();
      const message = make();
      link.send(message);
      const kind = reason === 'wrong_agent' ? 'identity_mismatch' : 'signature_failure';
      expect(await eventOf(link, kind, message.id)).toMatchObject({
        source: 'auth',
        status: 'refused',
        failure_reason: reason,
      });
      await stage.hub.run('greet');
      expect(link.inbox.of('command.result')).toHaveLength(1);
      expect(marks()).toBe(0);
    });

    it('SEC-060 the same frame a second time, also after a restart (B13, B14)', async () => {
      const agent = stage.start(commands());
      const first = await stage.hub.link();
      const frame = stage.hub.request('mark');
      first.send(frame);
      await first.inbox.count('command.result', 1);
      first.send(frame);
      expect(await eventOf(first, 'signature_failure', frame.id)).toMatchObject({ failure_reason: 'replayed_nonce' });
      agent.child.kill('SIGKILL');
      await agent.ended;
      stage.start(commands());
      const second = await stage.hub.link(1);
      second.send(frame);
      expect(await eventOf(second, 'signature_failure', frame.id)).toMatchObject({ failure_reason: 'replayed_nonce' });
      await stage.hub.run('greet');
      expect(marks()).toBe(1);
    });
  });

  it('answers an unlisted command and a hostile parameter with a result, and runs neither (F2, F3, F4)', async () => {
    const link = await up();
    const request = stage.hub.request('rm_everything');
    link.send(request);
    const event = await eventOf(link, 'whitelist_rejection', request.id);
    expect(event).toMatchObject({ source: 'commands', status: 'refused', command: 'rm_everything' });
    const [unlisted] = await link.inbox.count('command.result', 1);
    expect(unlisted?.payload).toMatchObject({
      request_id: request.id,
      group: 'unknown',
      success: false,
      failure_reason: 'validation_failed',
    });
    expect(unlisted?.payload['stderr']).toContain('greet');
    for (const word of ['--help', 'UPPER', 'a\n', 'a;id', '$(id)', '']) {
      expect((await stage.hub.run('say', { word })).payload, word).toMatchObject({
        failure_reason: 'validation_failed',
        exit_code: -1,
        stdout: '',
      });
    }
    expect((await stage.hub.run('say', { word: 'ok', more: 'x' })).payload).toMatchObject({
      failure_reason: 'validation_failed',
    });
    expect((await stage.hub.run('say')).payload).toMatchObject({ failure_reason: 'validation_failed' });
  });

  it('stays through error, garbage, unknown types, binary frames and acknowledgements of nothing (D3)', async () => {
    const link = await up();
    const noise: (string | Buffer | WireMessage)[] = [
      envelope('error', 'node-7', { message: 'unknown type register' }),
      envelope('brand.new', 'node-7', { x: 1 }),
      envelope('command.result.ack', 'somebody', { request_id: 'forged' }),
      envelope('events.batch.ack', 'somebody', { batch_id: 'forged' }),
      envelope('register', 'node-7', {}),
      envelope('register.ok', 'node-7', { features: 'none' }),
      '',
      'null',
      '{"v":1',
      '[]'.repeat(10),
      '['.repeat(100_000),
      `{"v":1,"type":"heartbeat.ack","id":"a","ts":"2026-03-04T05:06:07Z","agent_id":"node-7","payload":{"a":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}}`,
      '{"__proto__":{"x":1}}',
      '{"v":1,"v":1}',
      Buffer.from([0, 1, 2, 255]),
      JSON.stringify(stage.hub.request('mark')).replace('"hmac"', '"hmac":1,"hmac"'),
      `${JSON.stringify(stage.hub.request('mark'))} `.repeat(2),
    ];
    noise.forEach((frame) => link.send(frame));
    expect((await stage.hub.run('greet')).payload).toMatchObject({ stdout: 'hello\n' });
    expect(stage.hub.links).toHaveLength(1);
    expect(marks()).toBe(0);
  });

  it('SEC-068 keeps its link and answers through 40 acknowledgements while a command runs (D10)', async () => {
    const link = await up();
    const slow = stage.hub.request('slow');
    link.send(slow);
    for (let sent = 0; sent < 40; sent += 1) link.send(envelope('heartbeat.ack', 'node-7', {}));
    const beats = link.inbox.of('heartbeat').length;
    await link.inbox.count('heartbeat', beats + 2);
    expect(link.inbox.of('command.result')).toHaveLength(0);
    writeFileSync(stage.path('release'), '');
    const [result] = await link.inbox.count('command.result', 1);
    expect(result?.payload).toMatchObject({ request_id: slow.id, stdout: 'late\n' });
    expect(stage.hub.links).toHaveLength(1);
  });

  it('comes back after 1012, registers again and tells of it (D4, D11)', async () => {
    const link = await up();
    link.close(1012, 'restart');
    const next = await stage.hub.link(1);
    await next.inbox.until('register', ({ type }) => type === 'register');
    const batch = await next.inbox.until('events.batch', ({ type }) => type === 'events.batch');
    expect(batch.payload['events']).toMatchObject([
      { source: 'ws', kind: 'reconnect', reason: 'Connection closed', category: 'connection' },
    ]);
    expect((await stage.hub.run('greet')).payload).toMatchObject({ stdout: 'hello\n' });
  });

  it('SEC-069 gives the result of a command to the next connection when its own broke, once', async () => {
    const link = await up();
    const slow = stage.hub.request('slow');
    link.send(slow);
    await link.inbox.count('heartbeat', link.inbox.of('heartbeat').length + 1);
    link.close(1001);
    const next = await stage.hub.link(1);
    writeFileSync(stage.path('release'), '');
    await next.inbox.count('command.result', 1);
    next.close(1012);
    const third = await stage.hub.link(2);
    await third.inbox.count('heartbeat', 2);
    const results = stage.hub.links.flatMap(({ inbox }) => inbox.of('command.result'));
    expect(results.map(({ payload }) => [payload['request_id'], payload['stdout']])).toEqual([[slow.id, 'late\n']]);
  });

  it('SEC-026 closes 1009 for a frame beyond 2 MiB, and comes back (D12)', async () => {
    const link = await up();
    link.send(`{"padding":"${'x'.repeat(2 * 1024 * 1024)}"}`);
    expect(await link.closed).toBe(1009);
    await stage.hub.link(1);
    expect((await stage.hub.run('greet')).payload).toMatchObject({ stdout: 'hello\n' });
  });
});
