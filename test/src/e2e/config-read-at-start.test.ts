import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import { HostStage, command } from './agent-process.ts';

describe('SEC-188 the configuration is read at the start, and never again by itself', () => {
  let stage: HostStage;

  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(async () => {
    await stage.close();
  });

  const greet = command('greet', ['/usr/bin/printf', 'hello']);
  const more = command('more', ['/usr/bin/printf', 'more']);
  const offered = async (link: HubSide): Promise<string[]> => {
    const register = await link.inbox.until('register', ({ type }) => type === 'register');
    return Object.keys(register.payload['commands'] as object);
  };
  const reconnected = async (link: HubSide): Promise<HubSide> => {
    const before = stage.hub.links.length;
    link.close(1001, 'restart');
    await link.closed;
    return await stage.hub.link(before);
  };

  it.each([
    ['a good file with one command more', () => appendFileSync(stage.path('stormpulse.toml'), more)],
    ['a file with a mistake', () => appendFileSync(stage.path('stormpulse.toml'), '[protocol]\nstrict = "no"\n')],
    ['a file that weakens it', () => appendFileSync(stage.path('stormpulse.toml'), '[protocol]\nstrict = false\n')],
    ['no TOML', () => writeFileSync(stage.path('stormpulse.toml'), '[agent')],
  ])('%s changes nothing, on the connection and on the next', async (_name, change) => {
    stage.start(greet);
    const link = await stage.hub.link();
    expect(await offered(link)).toEqual(['greet']);
    change();
    expect((await stage.hub.run('greet')).payload).toMatchObject({ stdout: 'hello' });
    const next = await reconnected(link);
    expect(await offered(next)).toEqual(['greet']);
    expect((await stage.hub.run('greet')).payload).toMatchObject({ stdout: 'hello' });
    expect((await stage.hub.run('more')).payload).toMatchObject({ success: false });
    expect(JSON.parse(readFileSync(stage.path('status.json'), 'utf8'))).toMatchObject({
      allowances: expect.not.arrayContaining(['[protocol] strict = false']),
    });
  });

  it('a start reads it: a good one is taken whole, a bad one ends the start', async () => {
    const first = stage.start(greet);
    const link = await stage.hub.link();
    await offered(link);
    appendFileSync(stage.path('stormpulse.toml'), more);
    first.child.kill('SIGTERM');
    await first.ended;
    const before = stage.hub.links.length;
    const second = stage.launch();
    expect(await offered(await stage.hub.link(before))).toEqual(['greet', 'more']);
    second.child.kill('SIGTERM');
    await second.ended;
    appendFileSync(stage.path('stormpulse.toml'), '[commands.bad]\ngroup = "x"\ncommand = []\ntimeout = 5\n');
    const third = stage.launch();
    expect(await third.ended).toEqual([1, null]);
    expect(third.log()).toContain('commands.bad.command: is []');
  });
});
