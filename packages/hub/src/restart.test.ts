import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, newCsr, postEnrol, Stage, upgradeStatus } from '../test-support/hub-fixture.ts';
import { resultPayload } from '../test-support/payloads.ts';
import { Person } from '../test-support/person.ts';
import { createHub } from './index.ts';

describe('hub, restart', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
  });
  afterEach(async () => {
    await stage.close();
  });

  it.each(['ca-root.pem', 'store.key'])('refuses a folder that has lost %s, and makes no new one', async (name) => {
    const stateDir = stage.newStateDir();
    const first = await stage.startHub({ stateDir });
    await first.close();
    rmSync(join(stateDir, name));
    const listen = { host: '127.0.0.1', port: 0 };
    await expect(createHub({ stateDir, agentsListen: listen, peopleListen: listen })).rejects.toThrow(`${name} is missing`);
    expect(existsSync(join(stateDir, name))).toBe(false);
  });

  it('keeps its CA, tokens, agents, runs and logins', async () => {
    const stateDir = stage.newStateDir();
    const first = await stage.startHub({ stateDir });
    const identity = await enrol(first, 'web-1');
    const { token } = await first.createToken('web-2');
    const agent = await stage.connect(first, identity);
    await agent.register({ features: ['results.ack'] });
    const before = await Person.signedIn(first);
    const run = (await before.run({ agent: 'web-1', command: 'show', params: { what: 'a' } })).json();
    const request = await agent.next('command.request');
    await first.close();
    await first.close();
    expect((await agent.closed).code).toBe(1001);

    const second = await stage.startHub({ stateDir });
    expect(second.caDigest).toBe(first.caDigest);
    const { csrPem } = await newCsr('web-2');
    expect((await postEnrol(second, { agent_id: 'web-2', token, csr_pem: csrPem })).status).toBe(200);
    const person = await Person.signedIn(second);
    const look = async (): Promise<unknown> => (await person.call('GET', `/api/v1/runs/${String(run['id'])}`)).json()['state'];
    expect(await look()).toBe('unknown');
    expect(await upgradeStatus(second, identity)).toBe(101);
    const again = await stage.connect(second, identity);
    await again.register({ features: ['results.ack'] });
    again.send('command.result', resultPayload(request.id, 'show'));
    await again.next('command.result.ack');
    expect(await look()).toBe('succeeded');
    expect((await person.call('GET', '/api/v1/me', undefined, { cookie: before.cookie })).status).toBe(200);
  });

  it('says which port is taken and which option changes it, and leaves nothing open', async () => {
    const hub = await stage.startHub();
    const port = (url: string): number => Number(new URL(url).port);
    const any = { host: '127.0.0.1', port: 0 };
    const stateDir = stage.newStateDir();
    const agents = createHub({ stateDir, agentsListen: { host: '127.0.0.1', port: port(hub.agentsUrl) }, peopleListen: any });
    await expect(agents).rejects.toThrow(new RegExp(`port ${port(hub.agentsUrl)} on 127\\.0\\.0\\.1 is used .* --agents-listen`));
    const people = createHub({ stateDir, agentsListen: any, peopleListen: { host: '127.0.0.1', port: port(hub.peopleUrl) } });
    await expect(people).rejects.toThrow(new RegExp(`port ${port(hub.peopleUrl)} .* --people-listen`));
    await stage.startHub({ stateDir });
  });

  it('lets people in over loopback only', async () => {
    const start = createHub({ stateDir: stage.newStateDir(), peopleListen: { host: '0.0.0.0', port: 0 } });
    await expect(start).rejects.toThrow(/can only be on loopback/);
  });

  it('lets two hubs run in one process', async () => {
    const [one, two] = [await stage.startHub(), await stage.startHub()];
    await enrol(one, 'web-1');
    expect((await (await Person.signedIn(two)).call('GET', '/api/v1/agents')).json()['items']).toEqual([]);
    expect(one.caDigest).not.toBe(two.caDigest);
  });
});
