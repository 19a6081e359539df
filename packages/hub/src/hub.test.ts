import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../test-support/hub-fixture.ts';
import { metricsPayload, resultPayload } from '../test-support/payloads.ts';
import { Person } from '../test-support/person.ts';

describe('hub, end to end', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
  });
  afterEach(async () => {
    await stage.close();
  });

  it('enrols, registers, takes metrics, runs a command, and shows it to a person', async () => {
    const hub = await stage.startHub();
    const identity = await enrol(hub, 'web-1');
    const agent = await stage.connect(hub, identity);
    const ok = await agent.register({ features: ['results.ack', 'plugin.state', 'cert.renew'] });
    expect(ok.payload).toEqual({ features: ['results.ack', 'plugin.state'] });
    agent.send('metrics.push', metricsPayload());
    await agent.next('metrics.ack');

    const person = await Person.signedIn(hub);
    const view = (await person.call('GET', '/api/v1/agents/web-1')).json();
    expect(view).toMatchObject({
      id: 'web-1',
      state: 'active',
      os: 'Debian GNU/Linux 12 (bookworm)',
      figures: { cpu_percent: 12.3 },
    });

    const run = await person.run({ agent: 'web-1', command: 'show', params: { what: 'disk' } });
    expect(run.status, run.text).toBe(202);
    const request = await agent.next('command.request');
    expect(request.payload).toMatchObject({ command: 'show', params: { what: 'disk' } });
    agent.send('command.result', resultPayload(request.id, 'show'));
    expect((await agent.next('command.result.ack')).payload).toEqual({ request_id: request.id });
    const done = (await person.call('GET', `/api/v1/runs/${String(run.json()['id'])}`)).json();
    expect(done).toMatchObject({ state: 'succeeded', target: { result: { stdout: 'seen\n', exit_code: 0 } } });
  });
});
