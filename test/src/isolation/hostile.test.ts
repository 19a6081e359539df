import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HostileAgent } from './hostile-agent.ts';
import type { OrderResult } from './hostile-agent.ts';
import { DEEDS, PLUGINS } from './hostile-deeds.ts';
import { REPOSITORY } from './plugin-file.ts';

/** Tighter than a host's, so that the test takes less; the machine may be busy. */
const LIMITS = { memoryMb: 180, cpuPercent: 1_000, silentMs: 4_000, graceMs: 2_000, backoffMs: 200, heapMb: 96 };
const WITHIN = { timeout: 60_000, interval: 100 };
vi.setConfig({ testTimeout: 90_000 });

const PAGE = join(REPOSITORY, 'docs/reference/isolation.md');
const SEAT_BELT = 'refused by permission flags';
const NOT = '**not prevented**';
/** What was seen, by what a plugin did and where it ran: the table of the page. */
const seen = new Map<string, Map<string, string>>();
const saw = (what: string, where: string, verdict: string): void => {
  seen.set(what, (seen.get(what) ?? new Map<string, string>()).set(where, verdict));
};

describe.each(['process', 'worker'] as const)('isolation "%s"', (isolation) => {
  const isProcess = isolation === 'process';
  let agent: HostileAgent;
  beforeAll(async () => {
    agent = await HostileAgent.start(isolation, PLUGINS, LIMITS);
  }, 180_000);
  afterAll(async () => {
    await agent.close();
  });

  /** Has a plugin act; the other plugin's command is answered meanwhile, by the same agent. */
  const act = async (name: string): Promise<OrderResult> => {
    const acted = agent.order(`${name}_act`);
    expect(await agent.order('behaves_answer')).toMatchObject({ success: true, stdout: 'here' });
    const result = await acted;
    expect(agent.isAlive).toBe(true);
    return result;
  };
  const isBack = async (name: string): Promise<void> => {
    await vi.waitFor(async () => expect(await agent.order(`${name}_answer`)).toMatchObject({ success: true }), WITHIN);
  };
  const said = async (name: string): Promise<string> =>
    (await agent.look()).log
      .filter((line) => line.name === name)
      .map(({ message }) => message)
      .join('\n');
  const stateOf = async (name: string): Promise<unknown> => {
    const { state, reason } = (await agent.look()).plugins.find((one) => one.name === name) ?? {};
    return [state, reason];
  };

  test('SEC-207: one that throws in setup is refused, and says why', async () => {
    expect(await stateOf('throws-in-setup')).toEqual(['refused', expect.stringContaining('setup threw Error: not today')]);
  });

  test('SEC-207: one that ends its process in setup is refused', async () => {
    expect(await stateOf('exits-in-setup')).toEqual(['refused', expect.stringContaining('it exited with code 7')]);
    saw('throws, or ends its process, in setup', isolation, 'refused');
  });

  test('SEC-207: one whose start rejects has failed, in its own words', async () => {
    expect(await stateOf('throws-in-start')).toEqual(['failed', expect.stringContaining('no such socket')]);
  });

  test('SEC-207: one that ends its process in start is started again, and given up after five times', async () => {
    await vi.waitFor(async () => {
      expect(await stateOf('exits-in-start')).toEqual(['degraded', expect.stringContaining('stays off')]);
    }, WITHIN);
    const { failure_reason, stderr } = await agent.order('exits-in-start_answer');
    saw('ends its process each time it starts', isolation, 'started again, given up after five times');
    expect([failure_reason, stderr]).toEqual([
      'os_error',
      expect.stringMatching(/it exited with code 8.*5 times in 10 minutes.*stays off/u),
    ]);
  });

  test('a command that throws is answered, and nothing else happens', async () => {
    expect(await act('throws-in-run')).toMatchObject({ failure_reason: 'os_error', stderr: 'the plugin failed: out of cheese' });
    expect(await agent.order('throws-in-run_answer')).toMatchObject({ success: true });
  });

  /** Stopped for what it did: the call is answered with the reason, its log names it, it comes back. */
  test.each([
    ['rejects-unhandled', 'a rejection nobody handled: nobody listens', 'nobody listens'],
    ['throws-later', 'an exception nobody caught: out of turn', 'out of turn'],
    ['spins', /did not answer anything for 4000 ms/u, undefined],
    // Near its limit it may do nothing but collect garbage, and answer nobody.
    ['leaks-heap', /ended by SIGABRT|MB of memory|did not answer/u, /memory|did not answer/u],
    ['leaks-buffers', /MB of memory; 180 are allowed/u, undefined],
    ['exits', 'it exited with code 3', undefined],
    ['floods-messages', /it sent more than|did not answer anything/u, undefined],
    ['garbage-frame', 'it sent a frame that is no message', undefined],
    ['endless-frame', /at most 8388608 are read/u, undefined],
    ['answers-unasked', 'which waits for no answer', undefined],
  ])('SEC-207, SEC-211: %s: stopped with a named reason, and started again', async (name, inProcess, inWorker) => {
    const why = isProcess ? inProcess : (inWorker ?? inProcess);
    const { failure_reason, stderr } = await act(name);
    expect([failure_reason, stderr]).toEqual(['os_error', expect.stringMatching(why)]);
    expect(stderr).toContain('E_PLUGIN_ENDED');
    expect(await said(name)).toMatch(why);
    await isBack(name);
    saw(DEEDS[name] ?? name, isolation, 'stopped, started again');
  });

  test('SEC-207: one that aborts ends itself alone', async () => {
    const { stderr } = await act('aborts');
    // Node has no abort in a thread.
    expect(stderr).toMatch(isProcess ? /it was ended by SIGABRT/u : /abort/u);
    await isBack('aborts');
    saw('aborts', isolation, isProcess ? 'stopped, started again' : 'Node refuses it');
  });

  test('SEC-207: one that never answers has its timeout, then is stopped', async () => {
    expect(await act('never-answers')).toMatchObject({ failure_reason: 'timeout' });
    await vi.waitFor(async () => expect(await said('never-answers')).toContain('did not answer command "act"'), WITHIN);
    await isBack('never-answers');
    saw('never answers a call', isolation, 'timeout, then stopped, started again');
  });

  test('SEC-207: one that floods its log is heard at a bounded rate, and told of', async () => {
    expect(await act('floods-log')).toMatchObject({ success: true, stdout: 'acted' });
    const lines = (await said('floods-log')).split('\n');
    expect(lines.length).toBeLessThan(1_000);
    expect(lines.join('\n')).toContain('writes more than 200 lines');
    saw('floods its log', isolation, '200 lines in 10 s, the rest counted');
  });

  test('SEC-206: a polluted prototype stays its own', async () => {
    await act('pollutes-prototypes');
    expect((await agent.look()).polluted).toBe('undefined');
    saw('pollutes prototypes', isolation, 'its own alone');
  });

  test('SEC-206: what it prints is its log, not a message', async () => {
    expect(await act('prints-to-stdout')).toMatchObject({ success: true });
    await vi.waitFor(async () => expect(await said('prints-to-stdout')).toContain('a line of the plugin'), WITHIN);
  });

  test('a registration after setup is refused in its own words', async () => {
    expect((await act('registers-late')).stderr).toContain('E_PLUGIN_LATE_REGISTRATION');
    saw('registers after setup', isolation, 'refused');
  });

  test('SEC-206: of the agent it finds no environment, and with permission flags no files, memory and programs', async () => {
    const { stdout: environment } = await act('reads-environment');
    expect(environment.split('\n')[0]).not.toContain('SECRET');
    expect(environment.includes(agent.secret)).toBe(!isProcess);
    saw("reads the agent's environment", isolation, isProcess ? SEAT_BELT : NOT);
    const expected = isProcess ? 'refused: ERR_ACCESS_DENIED' : 'could: ';
    for (const name of ['reads-memory', 'reads-file', 'writes-file', 'forks']) {
      const { stdout } = await act(name);
      expect(stdout).toContain(expected);
      saw(DEEDS[name] ?? name, isolation, stdout.startsWith('refused') ? SEAT_BELT : NOT);
    }
    expect(existsSync(`${agent.canary}.written`)).toBe(!isProcess);
  });

  test('what is not prevented is known: connections and signals', async () => {
    expect((await act('connects-out')).stdout).toBe('could: connected');
    expect((await act('signals-agent')).stdout).toBe('could: true');
    saw('connects to any address', isolation, NOT);
    saw('sends signals to the agent', isolation, NOT);
  });

  test('the agent went on all the time', async () => {
    expect((await agent.look()).heartbeats).toBeGreaterThan(0);
    expect(agent.isAlive).toBe(true);
  });
});

describe('isolation "none"', () => {
  let agent: HostileAgent;
  const names = [
    'behaves',
    'throws-in-setup',
    'throws-in-run',
    'rejects-unhandled',
    'throws-later',
    'floods-log',
    'registers-late',
  ];
  const reaching = [
    'pollutes-prototypes',
    'reads-environment',
    'reads-memory',
    'reads-file',
    'writes-file',
    'forks',
    'connects-out',
  ];
  beforeAll(async () => {
    agent = await HostileAgent.start('none', [...names, ...reaching], LIMITS);
  }, 180_000);
  afterAll(() => agent.close());
  const answers = async (name: string): Promise<void> =>
    expect(await agent.order(`${name}_answer`)).toMatchObject({ success: true, stdout: 'here' });
  const logOf = async (name: string): Promise<readonly string[]> =>
    (await agent.look()).log.flatMap((line) => (line.name === name ? [line.message] : []));

  test('SEC-207: one that throws in setup is refused, and in a command is answered', async () => {
    const { plugins } = await agent.look();
    expect(plugins.find(({ name }) => name === 'throws-in-setup')).toMatchObject({ state: 'refused' });
    saw('throws, or ends its process, in setup', 'none', 'refused when it throws');
    expect(await agent.order('throws-in-run_act')).toMatchObject({ failure_reason: 'os_error' });
    expect((await agent.order('registers-late_act')).stderr).toContain('E_PLUGIN_LATE_REGISTRATION');
    saw('registers after setup', 'none', 'refused');
  });

  test.each([
    ['rejects-unhandled', 'nobody listens'],
    ['throws-later', 'out of turn'],
  ])(
    'SEC-207: %s: the agent goes on, the plugin is named, left alone for a while, and given up in the end',
    async (name, why) => {
      for (let times = 1; times <= 5; times += 1) {
        void agent.order(`${name}_act`);
        await vi.waitFor(
          async () => expect((await logOf(name)).filter((line) => line.includes(why))).toHaveLength(times),
          WITHIN,
        );
        await answers('behaves');
        if (times < 5) await vi.waitFor(async () => await answers(name), WITHIN);
      }
      const { stderr } = await agent.order(`${name}_answer`);
      expect(stderr).toMatch(new RegExp(`E_PLUGIN_AWAY.*${why}.*5 times in 10 minutes.*stays off`, 'u'));
      expect((await agent.look()).plugins.find((one) => one.name === name)).toMatchObject({ state: 'degraded' });
      saw(DEEDS[name] ?? name, 'none', 'left alone, called again, given up after five times');
    },
  );

  test('SEC-207: one that floods its log is heard at a bounded rate', async () => {
    await agent.order('floods-log_act');
    const lines = await logOf('floods-log');
    expect(lines.length).toBeLessThan(1_000);
    expect(lines.join('\n')).toContain('writes more than 200 lines');
    saw('floods its log', 'none', '200 lines in 10 s, the rest counted');
  });

  test('what is not prevented is known', async () => {
    for (const name of ['reads-memory', 'reads-file', 'writes-file', 'forks', 'connects-out']) {
      expect((await agent.order(`${name}_act`)).stdout).toContain('could: ');
      saw(DEEDS[name] ?? name, 'none', NOT);
    }
    expect((await agent.order('reads-environment_act')).stdout).toContain(agent.secret);
    saw("reads the agent's environment", 'none', NOT);
    await agent.order('pollutes-prototypes_act');
    expect((await agent.look()).polluted).not.toBe('undefined');
    saw('pollutes prototypes', 'none', NOT);
    expect((await agent.look()).heartbeats).toBeGreaterThan(0);
  });
});

test('SEC-211: one that uses too much of a core is stopped, and started again', async () => {
  const agent = await HostileAgent.start('process', ['behaves', 'burns-cpu'], { cpuPercent: 5, cpuSeconds: 3, backoffMs: 200 });
  try {
    const { stderr } = await agent.order('burns-cpu_act');
    expect(stderr).toMatch(/% of a core for 3 s; 5 % are allowed/u);
    saw('uses too much of a core', 'process', 'stopped, started again');
    saw('uses too much of a core', 'worker', NOT);
    expect(await agent.order('behaves_answer')).toMatchObject({ success: true });
    await vi.waitFor(async () => expect(await agent.order('burns-cpu_answer')).toMatchObject({ success: true }), WITHIN);
  } finally {
    await agent.close();
  }
});

test('the page tells what was seen here', () => {
  const rows = [...seen].map(
    ([what, verdicts]) => `| ${what} | ${['process', 'worker', 'none'].map((where) => verdicts.get(where) ?? '—').join(' | ')} |`,
  );
  const table = ['| a plugin that | `process` | `worker` | `none` |', '|---|---|---|---|', ...rows].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  const [before = '', rest = ''] = page.split('<!-- seen -->\n');
  const [, after = ''] = rest.split('<!-- /seen -->');
  const now = `${before}<!-- seen -->\n${table}\n<!-- /seen -->${after}`;
  // Written anew by UPDATE_PAGE=1, to be read in the diff.
  if (process.env['UPDATE_PAGE'] === '1') writeFileSync(PAGE, now);
  expect(readFileSync(PAGE, 'utf8')).toBe(now);
});
