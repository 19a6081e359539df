import { specDigest } from '@stormpulse/protocol';
import type { CommandManifestEntry, DeclaredPlugin } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import type { FakeAgent, Identity } from '../../test-support/hub-fixture.ts';
import { registerPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { Hub } from '../index.ts';

const FEATURES = ['plugin.state', 'plugin.manifest'];
const DIGEST = `sha256:${'5f'.repeat(32)}`;
const ENTRIES = registerPayload('')['commands'] as Record<'show' | 'wipe' | 'move', CommandManifestEntry>;
const PARAMS = {
  what: {
    type: 'choice' as const,
    required: true,
    title: 'What',
    choices: [{ value: 'sky', title: 'The sky' }, { value: 'sea' }],
  },
};

const shower = (more: Partial<DeclaredPlugin> = {}): DeclaredPlugin => ({
  name: 'shower',
  version: '1.2.3',
  api_version: '1.0',
  description: 'Shows.',
  capabilities: { commands: 'read' },
  config_schema: { type: 'object' },
  commands: [
    {
      name: 'show',
      spec: specDigest(nodeCrypto, ENTRIES.show),
      title: 'Show it',
      effect: 'read',
      confirm: 'none',
      params: PARAMS,
    },
  ],
  collectors: [],
  log_sources: [],
  parsers: [],
  enrichers: [],
  listeners: [],
  probes: [],
  investigations: [],
  ...more,
});

interface Command {
  readonly name: string;
  readonly form: object | null;
}

describe('what plugins declare, at the hub', () => {
  let stage: Stage;
  let hub: Hub;
  let identity: Identity;
  let person: Person;
  beforeEach(async () => {
    stage = new Stage();
    hub = await stage.startHub();
    identity = await enrol(hub, 'web-1');
    person = await Person.signedIn(hub);
  });
  afterEach(() => stage.close());

  const items = async <T>(what: string): Promise<T[]> =>
    ((await person.call('GET', `/api/v1/agents/web-1/${what}`)).json() as { items: T[] }).items;
  const formOfShow = async (): Promise<object | null | undefined> =>
    (await items<Command>('commands')).find(({ name }) => name === 'show')?.form;
  const connect = async (
    extra: Record<string, unknown> = { features: FEATURES },
  ): Promise<[FakeAgent, Record<string, unknown>]> => {
    const agent = await stage.connect(hub, identity);
    return [agent, (await agent.register(extra)).payload];
  };
  const tell = async (agent: FakeAgent, payload: object): Promise<void> => {
    agent.send('plugin.manifest', payload);
    await agent.settle();
  };

  it('keeps it, gives it with each command and plugin, and tells an open page', async () => {
    const [agent, ok] = await connect({
      features: FEATURES,
      integrations: { shower: { status: 'live', disabled_reason: null, state: null } },
    });
    expect(ok).toEqual({ features: FEATURES });
    const stream = await person.stream('/api/v1/stream/fleet');
    stage.defer(() => stream.close());
    expect(await formOfShow()).toBeNull();
    await tell(agent, { digest: DIGEST, plugins: [{ ...shower(), of_a_later_version: 1 }] });
    await stream.until('agent-manifest', (data) => data['agent'] === 'web-1');
    expect(await formOfShow()).toEqual({ plugin: 'shower', title: 'Show it', effect: 'read', confirm: 'none', params: PARAMS });
    expect((await items<Command>('commands')).filter(({ form }) => form !== null)).toHaveLength(1);
    expect(await items('plugins')).toEqual([
      { name: 'shower', status: 'live', disabled_reason: null, state: null, declared: shower() },
    ]);
  });

  it('says on the next connection which one it has, and forgets it with the feature', async () => {
    const [agent] = await connect();
    await tell(agent, { digest: DIGEST, plugins: [shower()] });
    await agent.close();
    const [again, ok] = await connect();
    expect(ok).toEqual({ features: FEATURES, manifest: DIGEST });
    await again.close();
    const [plain, v1] = await connect({});
    expect(v1).toEqual({});
    expect(await formOfShow()).toBeNull();
    await plain.close();
    expect((await connect())[1]).toEqual({ features: FEATURES });
  });

  it('no form is drawn for another command than the one that was registered', async () => {
    const [agent] = await connect();
    await tell(agent, { digest: DIGEST, plugins: [shower()] });
    expect(await formOfShow()).not.toBeNull();
    await agent.close();
    const show = { ...ENTRIES.show, template: ['/bin/rm', '-rf'] };
    await connect({ features: FEATURES, commands: { ...ENTRIES, show } });
    expect(await formOfShow()).toBeNull();
  });

  it('draws none from parameters that the entry does not have', async () => {
    const [agent] = await connect();
    const [command] = shower().commands;
    const params = { ...PARAMS, more: { type: 'text', required: false } };
    await tell(agent, { digest: DIGEST, plugins: [{ ...shower(), commands: [{ ...command, params }] }] });
    expect(await formOfShow()).toBeNull();
  });

  it('refuses what is out of bounds, keeps what it had, and the agent stays', async () => {
    const [agent] = await connect();
    await tell(agent, { digest: DIGEST, plugins: [shower()] });
    const deep = JSON.parse(`${'{"items":'.repeat(25)}{}${'}'.repeat(25)}`) as DeclaredPlugin['config_schema'];
    const other = `sha256:${'00'.repeat(32)}`;
    await tell(agent, { digest: other, plugins: [shower({ config_schema: deep })] });
    await tell(agent, { digest: other, plugins: [{ ...shower(), commands: 7 }] });
    agent.send('heartbeat', {});
    await agent.next('heartbeat.ack');
    expect(await formOfShow()).not.toBeNull();
    await agent.close();
    expect((await connect())[1]).toEqual({ features: FEATURES, manifest: DIGEST });
  });

  it('takes none from an agent that did not name the feature', async () => {
    const [agent] = await connect({ features: ['plugin.state'] });
    await tell(agent, { digest: DIGEST, plugins: [shower()] });
    expect(await formOfShow()).toBeNull();
  });
});
