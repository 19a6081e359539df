import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, newCsr, newSocket, Stage, upgradeStatus } from '../../test-support/hub-fixture.ts';
import { registerPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { FakeAgent } from '../../test-support/hub-fixture.ts';
import { openAuthority } from '../ca/authority.ts';
import { checkCsr } from '../ca/csr.ts';
import type { Hub } from '../index.ts';

describe('gateway', () => {
  let stage: Stage;
  let hub: Hub;
  beforeEach(async () => {
    stage = new Stage();
    hub = await stage.startHub();
  });
  afterEach(async () => {
    await stage.close();
  });

  it('SEC-031 lets nobody in without a certificate of this hub', async () => {
    const other = await stage.startHub();
    const identity = await enrol(hub, 'web-1');
    const foreign = await enrol(other, 'web-1');
    expect(await upgradeStatus(hub, {})).toBe(403);
    expect(await upgradeStatus(hub, { certPem: foreign.certPem, keyPem: foreign.keyPem })).toBe(403);
    expect(await upgradeStatus(hub, identity, '/ws/other/')).toBe(404);
    expect(await upgradeStatus(hub, identity)).toBe(101);
  });

  it('refuses a certificate that its CA signed but the hub never recorded', async () => {
    const stateDir = stage.newStateDir();
    const own = await stage.startHub({ stateDir });
    const identity = await enrol(own, 'web-1');
    const authority = await openAuthority(stateDir, () => Date.now());
    const { csrPem, keyPem } = await newCsr('web-1');
    const stray = await authority.issueFor('web-1', await checkCsr(csrPem, 'web-1'), 30);
    expect(await upgradeStatus(own, { ...identity, certPem: stray.chainPem, keyPem })).toBe(403);
    expect(await upgradeStatus(own, identity)).toBe(101);
  });

  it('refuses a recorded certificate that has expired', async () => {
    const own = await stage.startHub({ clock: { now: () => Date.now() - 400 * 86_400_000 } });
    const { certPem, keyPem } = await enrol(own, 'web-1');
    expect(await upgradeStatus(own, { certPem, keyPem })).toBe(403);
  });

  it('is verified by an agent that trusts only the CA of its enrolment', async () => {
    const identity = await enrol(hub, 'web-1');
    const other = await stage.startHub();
    expect(await upgradeStatus(other, { caPem: identity.caPem })).toBe(-1);
  });

  it('SEC-020 refuses TLS 1.2 by default and takes it when told', async () => {
    const identity = await enrol(hub, 'web-1');
    const dial = async (target: Hub, who: typeof identity): Promise<string> =>
      await new Promise((resolve) => {
        const socket = newSocket(target, who, '/ws/pulse/', { maxVersion: 'TLSv1.2' });
        socket.on('error', () => resolve('refused'));
        socket.on('open', () => {
          socket.close();
          resolve('open');
        });
      });
    expect(await dial(hub, identity)).toBe('refused');
    const older = await stage.startHub({ minTlsVersion: 'TLSv1.2' });
    expect(await dial(older, await enrol(older, 'web-1'))).toBe('open');
  });

  it('SEC-031 closes 1008 when an agent writes another agent_id, and keeps it as an anomaly', async () => {
    const identity = await enrol(hub, 'web-1');
    await enrol(hub, 'web-2');
    const agent = await stage.connect(hub, identity);
    await agent.register();
    agent.send('heartbeat', {}, 'web-2');
    agent.send('events.batch', { batch_id: 'b', events: [{ ts: '2026-03-04T05:06:07.089Z', source: 's', kind: 'too late' }] });
    expect(await agent.closed).toEqual({ code: 1008, reason: 'agent_id is not the one of the certificate' });
    expect(agent.received).toEqual([]);
    const person = await Person.signedIn(hub);
    for (const id of ['web-1', 'web-2'])
      expect((await person.call('GET', `/api/v1/agents/${id}/events`)).json()['items']).toEqual([]);
  });

  it('closes 1008 for a wrong pulse_token, for another first message, and for no JSON', async () => {
    const identity = await enrol(hub, 'web-1');
    const wrong = await stage.connect(hub, identity);
    wrong.send('register', registerPayload('11111111-2222-4333-8444-555555555555'));
    expect((await wrong.closed).code).toBe(1008);
    const early = await stage.connect(hub, identity);
    early.send('heartbeat', {});
    expect(await early.closed).toEqual({ code: 1008, reason: 'the first message must be register' });
    const junk = await stage.connect(hub, identity);
    junk.sendRaw('{"a":');
    expect((await junk.closed).code).toBe(1008);
    expect(hub.gateway.link('web-1')).toBeUndefined();
  });

  it('closes 1008 when no register comes in time', async () => {
    const hasty = await stage.startHub({ times: { registerTimeoutMs: 30 } });
    const agent = await stage.connect(hasty, await enrol(hasty, 'web-1'));
    expect(await agent.closed).toEqual({ code: 1008, reason: 'no register within its time' });
  });

  it('lets a registered agent stay past that time', async () => {
    const hasty = await stage.startHub({ times: { registerTimeoutMs: 30, pingIntervalMs: 20 } });
    const agent = await stage.connect(hasty, await enrol(hasty, 'web-1'));
    await agent.register();
    for (let n = 0; n < 3; n += 1) await agent.pinged();
    expect(hasty.gateway.link('web-1')).toBeDefined();
  });

  it('pings only an agent that says nothing', async () => {
    const quick = await stage.startHub({ times: { pingIntervalMs: 200 } });
    const agent = await stage.connect(quick, await enrol(quick, 'web-1'));
    await agent.register();
    let pings = 0;
    const counted = agent.pinged().then(() => (pings += 1));
    for (const end = performance.now() + 1_000; performance.now() < end;) {
      agent.send('heartbeat', {});
      await agent.next('heartbeat.ack');
    }
    expect(pings).toBe(0);
    await counted;
  });

  it('keeps one connection an agent: a new one replaces the old', async () => {
    const identity = await enrol(hub, 'web-1');
    const first = await stage.connect(hub, identity);
    await first.register();
    const second = await stage.connect(hub, identity);
    await second.register();
    expect((await first.closed).code).toBe(4000);
    second.send('heartbeat', {});
    await second.next('heartbeat.ack');
    expect(hub.gateway.link('web-1')).toBeDefined();
  });

  it('SEC-052 drops what has no place here and closes at the fifth in a minute', async () => {
    const agent = await stage.connect(hub, await enrol(hub, 'web-1'));
    await agent.register();
    agent.send('metrics.ack', {});
    agent.sendRaw(
      JSON.stringify({ v: 1, type: 'nonsense', id: 'x', ts: '2026-01-01T00:00:00Z', agent_id: 'web-1', payload: {} }),
    );
    agent.send('register', registerPayload(agent.identity.pulseToken));
    agent.sendRaw('{"v":1,"v":1}');
    agent.send('heartbeat', {});
    await agent.next('heartbeat.ack');
    agent.send('command.request', {});
    expect((await agent.closed).code).toBe(1008);
  });

  it('SEC-026 closes 1009 beyond 4 MiB, 1007 for bad UTF-8, and takes no binary frames', async () => {
    const identity = await enrol(hub, 'web-1');
    const open = async (): Promise<FakeAgent> => {
      const agent = await stage.connect(hub, identity);
      await agent.register();
      return agent;
    };
    const large = await open();
    large.sendRaw(' '.repeat(4 * 1024 * 1024 + 1));
    expect((await large.closed).code).toBe(1009);
    const binary = await open();
    binary.sendRaw(Buffer.from('{}'));
    expect((await binary.closed).code).toBe(1003);
    const bad = await open();
    bad.sendRaw(Buffer.from([0xff]), { binary: false });
    expect((await bad.closed).code).toBe(1007);
  });
});
