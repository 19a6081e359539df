import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mishap, TerminatingProxy } from '../doubles/terminating-proxy.ts';
import { envelope } from '../doubles/v1-wire.ts';
import { HostStage, PROGRAM, command } from './agent-process.ts';
import { OurHubStage } from './our-hub-stage.ts';

const PATIENT = { timeout: 20_000, interval: 50 };
const ECHO = command('echo', ['/bin/echo', 'hello']);

interface Told {
  readonly kind: string;
  readonly source: string;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('our agent at our hub, through a proxy that ends the TLS of both', () => {
  let stage: OurHubStage;
  let proxy: TerminatingProxy;
  beforeEach(async () => {
    stage = await OurHubStage.create();
    proxy = await stage.terminate();
    stage.start(ECHO);
    await ran();
  });
  afterEach(() => stage.close());

  const events = async (): Promise<readonly Told[]> =>
    (await stage.person.get<{ readonly items: readonly Told[] }>('/agents/node-7/events?limit=200')).items;
  /** What was told of the link, newest last. */
  const faults = async (): Promise<unknown[]> =>
    (await events())
      .filter(({ kind }) => kind === 'link_fault')
      .map(({ source, body }) => `${source} ${String(body['fault'])} ${String(body['count'])}`)
      .toReversed();
  const ran = async (): Promise<void> => {
    const order = await stage.order('echo');
    await vi.waitFor(async () => expect((await stage.person.run(order.id)).target.state).toBe('succeeded'), PATIENT);
  };
  const meddle = async (towards: 'hub' | 'agent', mishap: Mishap, told: readonly string[]): Promise<void> => {
    proxy.plan(towards, towards === 'hub' ? 'heartbeat' : 'heartbeat.ack', mishap);
    await vi.waitFor(async () => expect(await faults()).toEqual(told), PATIENT);
  };

  it('SEC-075: what it loses, doubles and reorders on the way to the hub, the hub tells; all goes on', async () => {
    await meddle('hub', 'lost', ['hub gap 1']);
    await meddle('hub', 'doubled', ['hub gap 1', 'hub behind 1']);
    await meddle('hub', 'reordered', ['hub gap 1', 'hub behind 1', 'hub gap 2', 'hub behind 2']);
    await ran();
    expect(proxy.links).toBe(1);
  });

  it('SEC-075: what it loses, doubles and reorders on the way to the agent, the agent tells; all goes on', async () => {
    await meddle('agent', 'lost', ['ws gap 1']);
    await meddle('agent', 'doubled', ['ws gap 1', 'ws behind 1']);
    await meddle('agent', 'reordered', ['ws gap 1', 'ws behind 1', 'ws gap 2', 'ws behind 2']);
    await ran();
    expect(proxy.links).toBe(1);
    await vi.waitFor(() => expect(status()).toMatch(/^Link faults: {4}gap 2, behind 2$/mu), PATIENT);
  });

  it('SEC-075: a command that it loses, and a result that it doubles, are told like any other frame', async () => {
    proxy.plan('agent', 'command.request', 'lost');
    await stage.order('echo');
    await vi.waitFor(async () => expect(await faults()).toEqual(['ws gap 1']), PATIENT);
    proxy.plan('hub', 'command.result', 'doubled');
    await ran();
    await vi.waitFor(async () => expect(await faults()).toEqual(['ws gap 1', 'hub behind 1']), PATIENT);
  });

  it('SEC-075: a register.ok that it loses is told by the agent', async () => {
    proxy.plan('agent', 'register.ok', 'lost');
    proxy.cut();
    await vi.waitFor(async () => expect(await faults()).toEqual(['ws gap 1']), PATIENT);
  });

  it('SEC-075: while it passes every frame on nothing is told, over five connections with commands on each', async () => {
    for (let round = 2; round <= 5; round += 1) {
      proxy.cut();
      await vi.waitFor(() => expect(proxy.links).toBe(round), PATIENT);
      await ran();
      await ran();
    }
    await vi.waitFor(async () => expect((await events()).filter(({ kind }) => kind === 'reconnect')).toHaveLength(4), PATIENT);
    await ran();
    expect(await faults()).toEqual([]);
    expect(status()).not.toContain('Link faults');
  });

  function status(): string {
    const { stdout } = spawnSync(process.execPath, [PROGRAM, 'status', stage.path('stormpulse.toml')], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', HOME: stage.folder },
    });
    return stdout;
  }
});

describe('our agent at another hub', () => {
  let stage: HostStage;
  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(() => stage.close());

  it('SEC-075: a v1 hub, and one that knows other features, never see x', async () => {
    stage.start(ECHO);
    const link = await stage.hub.link();
    await link.inbox.count('heartbeat', 2);
    await stage.hub.run('echo');
    link.send(envelope('register.ok', stage.agentId, { features: ['results.ack'] }));
    await stage.hub.run('echo');
    await link.inbox.count('heartbeat', link.inbox.of('heartbeat').length + 2);
    const keys = new Set(link.inbox.messages.flatMap((message) => Object.keys(message)));
    expect([...keys]).toEqual(['v', 'type', 'id', 'ts', 'agent_id', 'payload']);
  });
});
