import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RunView } from '@stormpulse/hub';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import { envelope } from '../doubles/v1-wire.ts';
import { HostStage, command } from './agent-process.ts';
import { OurHubStage } from './our-hub-stage.ts';
import { PATIENT } from './patience.ts';

const KIB = 1024;
/** V8 lets some 64 MiB of read buffers wait for their collection; a flood that is kept, even once, takes all that was written. */
const FLOOD_KIB = 320 * KIB;
const FLOOD_GROWTH_KIB = 160 * KIB;

describe('what a running command writes, from our agent to our hub', () => {
  let stage: OurHubStage;
  beforeEach(async () => {
    stage = await OurHubStage.create();
  });
  afterEach(() => stage.close());

  const waitFor = (name: string): string => `until [ -e ${stage.path(name)} ] || [ ! -d ${stage.folder} ]; do sleep 0.02; done`;
  const release = (name: string): void => writeFileSync(stage.path(name), '');

  it('is shown while it runs, goes on after a lost connection where it stopped, and gives way to the result', async () => {
    const script = `echo begun; ${waitFor('cut')}; seq 1 3000; ${waitFor('mended')}; echo over >&2; ${waitFor('end')}`;
    stage.start(command('long', ['/bin/sh', '-c', script]));
    const order = await stage.order('long');
    const shown = async (): Promise<RunView['target']> => (await stage.person.run(order.id)).target;
    await vi.waitFor(async () => expect((await shown()).output?.stdout).toBe('begun\n'), PATIENT);
    expect((await shown()).state).toBe('running');
    stage.cutLinks();
    release('cut');
    stage.mendLinks();
    const numbers = Array.from({ length: 3_000 }, (_, index) => `${index + 1}\n`).join('');
    await vi.waitFor(async () => expect((await shown()).output?.stdout).toBe(`begun\n${numbers}`), PATIENT);
    release('mended');
    await vi.waitFor(async () => expect((await shown()).output?.stderr).toBe('over\n'), PATIENT);
    release('end');
    await vi.waitFor(async () => expect((await shown()).state).toBe('succeeded'), PATIENT);
    expect(await shown()).toMatchObject({ output: null, result: { stdout: `begun\n${numbers}`, stderr: 'over\n' } });
  });
});

describe('what a running command writes, at another hub', () => {
  let stage: HostStage;
  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(() => stage.close());

  /** So much, then nothing until its file appears, or the stage is gone. */
  const flood = (): string => {
    const wait = `until [ -e ${stage.path('enough')} ] || [ ! -d ${stage.folder} ]; do sleep 0.05; done`;
    return command(
      'flood',
      ['/bin/sh', '-c', `yes | head -c ${FLOOD_KIB * KIB}; echo > ${stage.path('flooded')}; ${wait}`],
      'effect = "read"\n',
    );
  };
  const quick = command('quick', ['/bin/echo', 'quick'], 'effect = "read"\n');
  const connected = async (): Promise<HubSide> => {
    const link = await stage.hub.link();
    await link.inbox.until('register', ({ type }) => type === 'register');
    return link;
  };

  it('SEC-052: a v1 hub never sees the type', async () => {
    stage.start(quick);
    const link = await connected();
    expect((await stage.hub.run('quick')).payload).toMatchObject({ stdout: 'quick\n' });
    expect(link.inbox.of('command.output')).toEqual([]);
  });

  it('SEC-122 SEC-228: a flood that the hub does not acknowledge holds up nothing, and costs no memory', async () => {
    const agent = stage.start(flood() + quick);
    const link = await connected();
    link.send(envelope('register.ok', stage.agentId, { features: ['command.output'] }));
    await stage.hub.run('quick');
    const before = residentKib(agent.pid);
    const request = stage.hub.request('flood');
    link.send(request);
    const mine = ({ payload }: { readonly payload: object }): boolean =>
      'request_id' in payload && payload.request_id === request.id;
    await link.inbox.until('the first piece', (message) => message.type === 'command.output' && mine(message));
    const beats = link.inbox.of('heartbeat').length;
    expect((await stage.hub.run('quick')).payload).toMatchObject({ stdout: 'quick\n' });
    await link.inbox.count('heartbeat', beats + 1);
    expect(link.inbox.of('command.result').some(mine)).toBe(false);
    await vi.waitFor(() => expect(existsSync(stage.path('flooded'))).toBe(true), PATIENT);
    expect(residentKib(agent.pid) - before).toBeLessThan(FLOOD_GROWTH_KIB);
    writeFileSync(stage.path('enough'), '');
    await link.inbox.until('the result', (message) => message.type === 'command.result' && mine(message));
    const told = link.inbox.of('command.output').filter(mine);
    expect(told.map(({ payload }) => String(payload['text'])).join('').length).toBeLessThanOrEqual(64 * KIB);
  });
});

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
