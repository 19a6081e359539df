import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { RunView } from '@stormpulse/hub';
import { openDatabase } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from './agent-process.ts';
import { OurHubStage } from './our-hub-stage.ts';
import { PATIENT } from './patience.ts';

/** Living processes with this text in their command line. */
function processesNaming(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/u.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

describe('our agent at our hub', () => {
  let stage: OurHubStage;

  beforeEach(async () => {
    stage = await OurHubStage.create();
    const [begun, release] = [stage.path('begun'), stage.path('release')];
    const wait = `while [ -d ${stage.folder} ] && [ ! -e ${release} ]; do sleep 0.05; done`;
    stage.start(command('work', ['/bin/sh', '-c', `echo x >> ${begun}; ${wait}; echo done`]));
  });
  afterEach(async () => {
    writeFileSync(stage.path('release'), '');
    await stage.close();
  });

  async function begin(): Promise<RunView> {
    const run = await stage.order('work');
    await vi.waitFor(() => expect(existsSync(stage.path('begun'))).toBe(true), PATIENT);
    return run;
  }

  const ended = async ({ id }: RunView): Promise<RunView['target']> =>
    await vi.waitFor(async () => {
      const run = await stage.person.run(id);
      expect(['succeeded', 'failed', 'cancelled', 'interrupted']).toContain(run.state);
      return run.target;
    }, PATIENT);

  it('SEC-069: killed while a command ran: the hub is told that it was interrupted, and it does not run again', async () => {
    const run = await begin();
    await stage.kill();
    stage.startAgain();
    expect(await ended(run)).toMatchObject({
      state: 'interrupted',
      result: { success: false, exit_code: -1, failure_reason: 'interrupted' },
    });
    expect(readFileSync(stage.path('begun'), 'utf8')).toBe('x\n');
  });

  it('SEC-069: killed after a command ended while the hub was away: the hub gets its result, and no other', async () => {
    const run = await begin();
    await stage.stopHub();
    writeFileSync(stage.path('release'), '');
    await vi.waitFor(() => expect(kept()).toBe(1), PATIENT);
    await stage.kill();
    await stage.startHub();
    stage.startAgain();
    expect(await ended(run)).toMatchObject({ state: 'succeeded', result: { stdout: 'done\n', failure_reason: null } });
    await vi.waitFor(() => expect(kept()).toBe(0), PATIENT);
  });

  it('draws the form of a command from what its plugin declares, after a restart of both too', async () => {
    const read = async (): Promise<unknown> => {
      const { items } = await stage.person.get<{ items: { name: string; form: unknown }[] }>('/agents/node-7/commands');
      return items.find(({ name }) => name === 'work')?.form;
    };
    const form = { plugin: 'custom-commands', title: 'work', effect: 'write', confirm: 'none', params: {} };
    await vi.waitFor(async () => expect(await read()).toMatchObject(form), PATIENT);
    await stage.kill();
    await stage.stopHub();
    await stage.startHub();
    stage.startAgain();
    await begin();
    expect(await read()).toMatchObject(form);
  });

  it('ends a command that a person cancels, with all it started', async () => {
    const run = await begin();
    const order = await stage.person.cancel(run);
    expect(await ended(run)).toMatchObject({
      state: 'cancelled',
      result: { success: false, failure_reason: 'cancelled', stderr: 'cancelled by the hub\n' },
    });
    expect(await ended(order)).toMatchObject({ state: 'succeeded', result: { stdout: `cancelled ${run.target.request_id}` } });
    await vi.waitFor(() => expect(processesNaming(stage.path('release'))).toEqual([]), PATIENT);
  });

  function kept(): unknown {
    const database = openDatabase(stage.path('agent.db'), { readonly: true });
    try {
      return database.prepare('SELECT count(*) AS n FROM agent_results').get()?.['n'];
    } finally {
      database.close();
    }
  }
});
