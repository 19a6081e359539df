import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { HostWithHub } from '../../test-support/host-with-hub.ts';
import { runProgram } from '../../test-support/program.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import type { CaseFile, Report, Unseen } from './case-file.ts';
import { caseJson, formatCase } from './format.ts';
import { findInvestigation, investigate } from './investigations.ts';
import type { Outside, Ran } from './outside.ts';
import { readStanding } from './standing.ts';
import type { Standing } from './standing.ts';
import { local, windowOf } from './window.ts';

const NOW = new Date(2026, 10, 28, 12).getTime();
const HOUR_MS = 3_600_000;
const ABSENT: Ran = { code: undefined, stdout: '', stderr: 'this host has no such program' };
const ran = (stdout: string, stderr = ''): Ran => ({ code: 0, stdout, stderr });

interface Entry {
  readonly message: string;
  readonly at?: number;
  readonly priority?: number;
  readonly pid?: string;
  readonly run?: string;
  readonly identifier?: string;
}

function journal(...entries: readonly Entry[]): string {
  return entries
    .map(({ message, at = NOW - HOUR_MS, priority = 6, pid = '77', run = 'a', identifier = 'stormpulse' }) =>
      JSON.stringify({
        __REALTIME_TIMESTAMP: String(at * 1_000),
        MESSAGE: message,
        PRIORITY: String(priority),
        _PID: pid,
        _SYSTEMD_INVOCATION_ID: run,
        SYSLOG_IDENTIFIER: identifier,
      }),
    )
    .join('\n');
}

/** A host with a journal that reaches back, and nothing else, unless told. */
function host(change: {
  readonly journal?: Ran;
  readonly kernel?: Ran;
  readonly before?: Ran;
  readonly kernelBefore?: Ran;
  readonly standing?: Standing | Unseen;
  readonly last?: Ran;
  readonly sadf?: Ran;
  readonly files?: Readonly<Record<string, string | Buffer | readonly string[]>>;
}): Outside {
  const { files = {} } = change;
  let stat = 0;
  return {
    now: () => NOW,
    scope: 'system',
    standing: () => change.standing ?? { why: 'no agent runs on this file', command: 'systemctl status stormpulse' },
    run: (name, args) => {
      if (name === 'last') return Promise.resolve(change.last ?? ABSENT);
      if (name === 'sadf') return Promise.resolve(change.sadf ?? ABSENT);
      const isKernel = args.includes('_TRANSPORT=kernel');
      if (args.includes('-n'))
        return Promise.resolve((isKernel ? change.kernelBefore : change.before) ?? ran(journal({ message: 'x', at: 1 })));
      return Promise.resolve((isKernel ? change.kernel : change.journal) ?? ABSENT);
    },
    read: (path) => {
      const file = files[path];
      if (path !== '/proc/stat' || !Array.isArray(file)) return file === undefined ? undefined : Buffer.from(file as string);
      return Buffer.from((file as string[])[stat++] ?? '');
    },
    list: (folder) =>
      Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [])),
    wait: () => Promise.resolve(),
  };
}

const look = async (name: string, outside: Outside, config = '/nonexistent', since = '24h'): Promise<CaseFile> => {
  const investigation = findInvestigation(name);
  if (investigation === undefined) throw new Error(`no ${name}`);
  return await investigate(investigation, windowOf(since, undefined, NOW), config, outside);
};
const verdicts = (reports: readonly Report[]): string[] => reports.map(({ suspect, verdict }) => `${suspect}: ${verdict}`);

describe('investigate flaps', () => {
  it.each([
    ['without journalctl', ABSENT, undefined],
    [
      'with a journal that refuses',
      { code: 1, stdout: '', stderr: 'No journal files were opened due to insufficient permissions.' },
      undefined,
    ],
    [
      'of which this user sees a part',
      ran('', 'Hint: You are currently not seeing messages from other users and the system.'),
      undefined,
    ],
    ['with nothing of the agent', ran(''), undefined],
    ['with lines of the service manager alone', ran(journal({ message: 'Started stormpulse.service.', pid: '1' })), undefined],
    ['that begins inside the window', ran(journal({ message: 'agent: started' })), ran('')],
    ['of an agent that logs errors alone', ran(journal({ message: 'store: failed', priority: 3 })), undefined],
    [
      'that did not take all lines of the agent',
      ran(
        journal(
          { message: 'dispatch: command finished' },
          { message: 'Suppressed 812 messages from stormpulse.service', pid: '31', identifier: 'systemd-journald' },
        ),
      ),
      undefined,
    ],
  ])('%s: INCONCLUSIVE with a command, never CLEARED', async (_name, lines, before) => {
    const { reports } = await look('flaps', host({ journal: lines, ...(before === undefined ? {} : { before }) }));
    expect(verdicts(reports)).toEqual(['connection: INCONCLUSIVE']);
    expect(reports[0]?.remedy).toMatch(/journalctl|stormpulse|systemctl/u);
  });

  it('no drop in a window that was seen: CLEARED, and it stops', async () => {
    const { reports } = await look('flaps', host({ journal: ran(journal({ message: 'dispatch: command finished' })) }));
    expect(reports).toEqual([{ suspect: 'connection', verdict: 'CLEARED', evidence: 'no drop in 1 lines of the agent' }]);
  });

  const DAY_MS = 24 * HOUR_MS;
  const live = (since: number, until = NOW): Standing => ({ state: 'live', since, until });
  const quiet = { journal: ran('') };

  it.each([
    ['a journal without a line of it', quiet],
    ['no journal', { journal: ABSENT }],
    ['a journal that begins inside the window', { ...quiet, before: ran('') }],
    ['an agent that logs errors alone', { journal: ran(journal({ message: 'store: failed', priority: 3 })) }],
  ])('%s, and one connection that has lasted for longer than the window: CLEARED', async (_name, change) => {
    const { reports } = await look('flaps', host({ ...change, standing: live(NOW - DAY_MS) }));
    expect(verdicts(reports)).toEqual(['connection: CLEARED']);
    expect(reports[0]?.evidence).toContain(`has lasted since ${local(NOW - DAY_MS)}`);
  });

  it.each([
    ['began inside the window', live(NOW - DAY_MS + 1)],
    ['was last told of before its end', live(NOW - 2 * DAY_MS, NOW - HOUR_MS)],
  ])('one connection that %s proves no more than it covers, and the remedy is that window', async (_name, standing) => {
    const { reports } = await look('flaps', host({ ...quiet, standing }));
    expect(verdicts(reports)).toEqual(['connection: INCONCLUSIVE']);
    const [, since = '', until = ''] =
      /^stormpulse investigate flaps --since "(.*)" --until "(.*)"$/u.exec(reports[0]?.remedy ?? '') ?? [];
    const again = findInvestigation('flaps');
    const narrow = await again?.look(host({ ...quiet, standing }), windowOf(since, until, NOW), '/nonexistent');
    expect(verdicts(narrow?.reports ?? [])).toEqual(['connection: CLEARED']);
  });

  it('a connection that lasts clears nobody of a drop that the journal shows', async () => {
    const drop = ran(journal({ message: 'connection: x code=E_CONN_CLOSED', priority: 4 }));
    const { reports } = await look('flaps', host({ journal: drop, standing: live(NOW - DAY_MS) }));
    expect(verdicts(reports)).toContain('reconnect churn: IMPLICATED');
  });

  it('no connection now: IMPLICATED with its error, though the journal has no drop', async () => {
    const standing = { state: 'waiting', since: NOW - HOUR_MS, until: NOW, lastError: 'cannot reach the hub' };
    const { reports } = await look('flaps', host({ journal: ran(journal({ message: 'dispatch: command finished' })), standing }));
    expect(reports[0]).toMatchObject({
      suspect: 'connection',
      verdict: 'IMPLICATED',
      detail: expect.stringContaining('cannot reach') as unknown,
    });
  });

  it.each([
    ["stormpulse.service: Failed with result 'signal'.", 'as signal'],
    ['stormpulse.service: Deactivated successfully.', 'in order'],
    ['stormpulse.service: Succeeded.', 'in order'],
  ])('the agent ended, "%s": its connection went with it', async (message, how) => {
    const lines = ran(journal({ message: 'dispatch: command finished' }, { message, pid: '1', identifier: 'systemd' }));
    const { reports } = await look('flaps', host({ journal: lines }));
    expect(reports[0]).toMatchObject({
      suspect: 'agent restarts',
      verdict: 'IMPLICATED',
      evidence: `the agent ended 1 times: ${how} at ${local(NOW - HOUR_MS)}`,
    });
  });

  it('asks for long lines whole: the journal leaves them out otherwise', async () => {
    const asked: string[][] = [];
    const outside = host(quiet);
    const run: Outside['run'] = (name, args) => {
      asked.push([...args]);
      return outside.run(name, args);
    };
    await look('flaps', { ...outside, run });
    expect(asked[0]).toContain('--all');
  });

  it('two runs of the agent and no word of an end, as a power cut leaves them: IMPLICATED', async () => {
    const lines = ran(journal({ message: 'dispatch: x', run: 'a' }, { message: 'dispatch: x', run: 'b' }));
    expect(verdicts((await look('flaps', host({ journal: lines }))).reports)).toContain('agent restarts: IMPLICATED');
  });

  it.each([
    ['connection: the connection ended with code 1011 (no pong) code=E_CONN_CLOSED', 'keepalive ping timeout 1'],
    [
      'connection: the hub at wss://h/ did not finish the TLS handshake within 10000 ms code=E_CONN_TIMEOUT',
      'handshake timeout 1',
    ],
    ['connection: the connection ended with code 1006 code=E_CONN_CLOSED', 'no close frame 1'],
    ['connection: cannot reach the hub code=E_CONN_REFUSED', 'other 1'],
    [
      'WARNING Connection closed: sent 1011 (internal error) keepalive ping timeout; no close frame received',
      'keepalive ping timeout 1',
    ],
    ['WARNING Connection error: timed out during opening handshake', 'handshake timeout 1'],
    ['ERROR Unexpected error: boom', 'other 1'],
  ])('counts %s as %s', async (message, family) => {
    const { reports } = await look('flaps', host({ journal: ran(journal({ message, priority: 4 })) }));
    expect(reports[0]).toMatchObject({
      suspect: 'reconnect churn',
      verdict: 'IMPLICATED',
      evidence: expect.stringContaining(family),
    });
  });

  const drop = { message: 'connection: x code=E_CONN_CLOSED', priority: 4 };
  const many = (count: number, message: string): Entry[] => Array.from({ length: count }, () => ({ message }));

  it.each([
    ['30 refreshes', many(30, 'dispatch: command finished command=garage_refresh'), 'refresh storm: CLEARED'],
    ['31 refreshes', many(31, 'dispatch: command finished command=garage_refresh'), 'refresh storm: IMPLICATED'],
    ['10 full batches', many(10, 'Shipped log.batch b group=g lines=200 dropped=0'), 'log shipping: CLEARED'],
    ['11 full batches', many(11, 'Shipped log.batch b group=g lines=200 dropped=0'), 'log shipping: IMPLICATED'],
    [
      '11 full of 1,200 batches',
      [...many(11, 'Shipped log.batch b group=g lines=200'), ...many(1_189, 'Shipped log.batch b group=g lines=3')],
      'log shipping: CLEARED',
    ],
    ['no line of information', [], 'refresh storm: INCONCLUSIVE'],
    ['no time in the lines', [], 'freeze: INCONCLUSIVE'],
    ['a late line', [{ message: `${local(NOW - HOUR_MS - 15_000)},000 INFO x` }], 'freeze: IMPLICATED'],
    ['a prompt line', [{ message: `${local(NOW - HOUR_MS)},000 INFO x` }], 'freeze: CLEARED'],
    ['a watchdog', [{ message: 'stormpulse.service: Watchdog timeout (limit 1min)!', pid: '1' }], 'freeze: IMPLICATED'],
  ])('%s: %s', async (_name, entries, expected) => {
    const { reports } = await look('flaps', host({ journal: ran(journal(drop, ...entries)) }));
    expect(verdicts(reports)).toContain(expected);
  });
});

describe('investigate box', () => {
  it('a host of which nothing can be seen: every suspect INCONCLUSIVE, each with a command', async () => {
    const { reports } = await look('box', host({}));
    expect(reports.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 5 }, () => 'INCONCLUSIVE'));
    expect(reports.every(({ remedy = '' }) => remedy.length > 3)).toBe(true);
  });

  const verdictOf = async (suspect: string, outside: Outside, since?: string): Promise<string | undefined> =>
    (await look('box', outside, undefined, since)).reports.find((report) => report.suspect.startsWith(suspect))?.verdict;

  it.each([
    ['steal 9 %', 'cpu 100 0 0 100 0 0 0 0', 'cpu 150 0 0 141 0 0 0 9', 'CLEARED'],
    ['steal 10 %', 'cpu 100 0 0 100 0 0 0 0', 'cpu 150 0 0 140 0 0 0 10', 'IMPLICATED'],
    ['iowait 24 %', 'cpu 100 0 0 100 0 0 0 0', 'cpu 150 0 0 126 24 0 0 0', 'CLEARED'],
    ['iowait 25 %', 'cpu 100 0 0 100 0 0 0 0', 'cpu 150 0 0 125 25 0 0 0', 'IMPLICATED'],
  ])('CPU with %s', async (_name, before, after, expected) => {
    expect(await verdictOf('CPU', host({ files: { '/proc/stat': [before, after] } }))).toBe(expected);
  });

  it('CPU of a window that is past cannot be seen', async () => {
    const outside = host({ files: { '/proc/stat': ['cpu 1 0 0 1 0 0 0 0', 'cpu 2 0 0 2 0 0 0 0'] } });
    const investigation = findInvestigation('box');
    if (investigation === undefined) throw new Error('no box');
    const { reports } = await investigate(investigation, windowOf('48h', '24h', NOW), '/', outside);
    expect(reports[0]?.verdict).toBe('INCONCLUSIVE');
  });

  const boot = 'reboot   system boot  6.12.0-1-amd64   Sat Nov 28 02:10:00 2026   still running';
  const begins = (day: number): string => `\nwtmp begins Sun Nov  ${day} 08:00:00 2026\n`;
  const planned = '2026-11-28 02:03:00,120 WARNING Found /var/run/reboot-required, rebooting\n';
  it.each([
    ['none, and it would be known', ran(begins(1)), '', 'CLEARED'],
    ['none since the record begins', ran(`\nwtmp begins Sat Nov 28 08:00:00 2026\n`), '', 'INCONCLUSIVE'],
    ['one', ran(boot + begins(1)), '', 'IMPLICATED'],
    ['one that was planned', ran(boot + begins(1)), planned, 'CLEARED'],
    ['one eleven minutes after the plan', ran(boot + begins(1)), planned.replace('02:03', '01:58'), 'IMPLICATED'],
  ])('reboots: %s', async (_name, last, plans, expected) => {
    const files = { '/var/log/unattended-upgrades/unattended-upgrades.log': plans };
    expect(await verdictOf('unplanned reboot', host({ last, files }))).toBe(expected);
  });

  it('a boot that nobody wrote down', async () => {
    const files = { '/proc/stat': `cpu 1 0 0 1 0 0 0 0\nbtime ${(NOW - HOUR_MS) / 1_000}\n` };
    expect(await verdictOf('unplanned reboot', host({ last: ran(begins(1)), files }))).toBe('IMPLICATED');
  });

  const run = (when: string): string => `\nStart-Date: ${when}\nCommandline: apt-get upgrade\nEnd-Date: ${when}\n`;
  it.each([
    ['in the window', { '/var/log/apt/history.log': run('2026-11-28  06:00:00') }, 'IMPLICATED'],
    [
      'in a rotated history',
      { '/var/log/apt/history.log': '', '/var/log/apt/history.log.1.gz': gzipSync(run('2026-11-28  06:00:00')) },
      'IMPLICATED',
    ],
    [
      'before it',
      { '/var/log/apt/history.log': '', '/var/log/apt/history.log.1.gz': gzipSync(run('2026-11-20  06:00:00')) },
      'CLEARED',
    ],
    ['of which nothing is recorded', { '/var/log/apt/history.log': '' }, 'INCONCLUSIVE'],
    [
      'in a history that is damaged',
      { '/var/log/apt/history.log': '', '/var/log/apt/history.log.1.gz': 'no gzip' },
      'INCONCLUSIVE',
    ],
  ])('package runs %s', async (_name, files, expected) => {
    expect(await verdictOf('package runs', host({ files }))).toBe(expected);
  });

  const sadf = (latency: (hour: number) => number, from = 0): Ran =>
    ran(
      [
        '# hostname;interval;timestamp;DEV;tps;await;%util',
        ...Array.from({ length: 6 * (24 - from) + 1 }, (_, n) => {
          const at = new Date(NOW - (24 - from) * HOUR_MS + n * 600_000);
          return `h;600;${at.toISOString().slice(0, 19).replace('T', ' ')} UTC;sda;1.0;${latency(n / 6)};2.0`;
        }),
      ].join('\n'),
    );
  it.each([
    ['quiet', sadf(() => 3), '24h', 'CLEARED'],
    ['slow in the window', sadf((hour) => (hour === 12 ? 100 : 3)), '24h', 'IMPLICATED'],
    ['slow before the window', sadf((hour) => (hour === 2 ? 500 : 3)), '6h', 'CLEARED'],
    ['recorded for half of the window', sadf(() => 3, 12), '24h', 'INCONCLUSIVE'],
  ])('disks: %s', async (_name, sadf, since, expected) => {
    expect(await verdictOf('disk latency', host({ sadf, files: { '/var/log/sysstat/sa28': '' } }), since)).toBe(expected);
  });

  it.each([
    ['rcu: INFO: rcu_sched detected stalls on CPUs/tasks', 'IMPLICATED'],
    ['INFO: task jbd2 blocked for more than 120 seconds.', 'IMPLICATED'],
    ['watchdog: BUG: soft lockup - CPU#0 stuck for 22s', 'IMPLICATED'],
    ['Out of memory: Killed process 12 (java)', 'IMPLICATED'],
    ['rcu: Hierarchical RCU implementation.', 'CLEARED'],
  ])('kernel: %s', async (message, expected) => {
    expect(await verdictOf('kernel', host({ kernel: ran(journal({ message })) }))).toBe(expected);
  });

  it.each([
    ['has lines of it from before', undefined, 'CLEARED'],
    ['never had one, as in a container', ran(''), 'INCONCLUSIVE'],
  ])('a kernel that said nothing, where the journal %s', async (_name, kernelBefore, expected) => {
    const change = kernelBefore === undefined ? {} : { kernelBefore };
    expect(await verdictOf('kernel', host({ kernel: ran(''), ...change }))).toBe(expected);
  });
});

describe('how the agent stands', () => {
  let agent: HostWithHub;
  beforeEach(async () => {
    agent = await HostWithHub.create();
  });
  afterEach(() => agent.close());

  const since = NOW - HOUR_MS;
  const connection = { state: 'live', since, attempt: 1 };

  it('holds until now while its status file is written as an agent that lives writes it', () => {
    agent.writeRunning({ connection, writtenAt: NOW - 100_000 });
    expect(readStanding(agent.config, NOW)).toEqual({ state: 'live', since, until: NOW });
  });

  it('is known to have held until it was last written, where the agent may stand still', () => {
    agent.writeRunning({ connection, writtenAt: NOW - 200_000 });
    expect(readStanding(agent.config, NOW)).toEqual({ state: 'live', since, until: NOW - 200_000 });
  });

  it('is not known of one that is gone, or of a file that is not right', () => {
    agent.writeRunning({ connection, mark: 'another boot/1' });
    expect(readStanding(agent.config, NOW)).toMatchObject({ why: 'no agent runs on this file' });
    expect(readStanding('/nonexistent/x.toml', NOW)).toMatchObject({ command: 'stormpulse config check /nonexistent/x.toml' });
  });

  it('clears a quiet agent of the program too, with no journal at all', async () => {
    agent.writeRunning({ connection: { ...connection, since: Date.now() - 2 * HOUR_MS } });
    const { stdout } = await runProgram(['investigate', 'flaps', '--since', '1h', '--config', agent.config, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ reports: [{ suspect: 'connection', verdict: 'CLEARED' }] });
  });
});

describe('investigate logs-pipeline', () => {
  let folder: HostFolder;
  beforeEach(() => {
    folder = new HostFolder();
    folder.writeConfig([
      '[storage]',
      '[[log_groups]]\nname = "web"\nsource_type = "file"\nsource_path = "/var/log/web.log"\nparser = "raw"\n\n[storage]',
    ]);
  });
  afterEach(() => folder.close());

  it.each([
    ['a journal that cannot be read', { code: 1, stdout: '', stderr: 'insufficient permissions' }, 'INCONCLUSIVE'],
    ['lines shipped', ran(journal({ message: 'Shipped log.batch b1 group=web lines=7 dropped=2 duration_ms=3' })), 'CLEARED'],
    [
      'every line dropped',
      ran(journal({ message: 'Shipped log.batch b1 group=web lines=0 dropped=9 duration_ms=3' })),
      'INCONCLUSIVE',
    ],
    ["another group's lines", ran(journal({ message: 'Shipped log.batch b1 group=other lines=7 dropped=2' })), 'IMPLICATED'],
  ])('%s: %s', async (_name, lines, expected) => {
    const { reports } = await look('logs-pipeline', host({ journal: lines }), folder.config);
    expect(verdicts(reports)).toEqual([`log group web: ${expected}`]);
  });

  it('a file without a group: what to do', async () => {
    folder.writeConfig();
    await expect(look('logs-pipeline', host({}), folder.config)).rejects.toThrow(/no \[\[log_groups\]\] that is enabled/u);
  });
});

describe('a window', () => {
  it.each([
    ['90m', NOW - 90 * 60_000],
    ['7d', NOW - 7 * 24 * HOUR_MS],
    ['2026-11-27', new Date(2026, 10, 27).getTime()],
    ['2026-11-27 03:04', new Date(2026, 10, 27, 3, 4).getTime()],
    ['2026-11-27 03:04:05', new Date(2026, 10, 27, 3, 4, 5).getTime()],
  ])('--since "%s"', (text, expected) => {
    expect(windowOf(text, undefined, NOW)).toEqual({ since: expected, until: NOW });
  });

  it.each(['yesterday', '5w', '2026-02-31', '2026-11-27T03:04', '2026-11-27 25:00', ''])('refuses "%s"', (text) => {
    expect(refusalOf(() => windowOf(text, undefined, NOW)).message).toContain('is no time; expected a span such as 90m');
  });

  it('refuses one that ends before it begins', () => {
    expect(refusalOf(() => windowOf('1h', '2h', NOW)).message).toContain('--since is not before --until');
  });
});

describe('a case', () => {
  it('is told in the order of v1, and as one JSON object in its words', async () => {
    const found = await look(
      'flaps',
      host({ journal: ran(journal({ message: 'x code=E_CONN_CLOSED \u001b[2J', priority: 4 })) }),
    );
    const text = formatCase(found);
    expect(text).toMatch(
      /^Why .*\nWindow: .*\nReceipt: .*\n\nIMPLICATED {3}reconnect churn\n {2}evidence: .*\n {2}detail: .*\n {2}run: /u,
    );
    expect(text).toMatch(/\n\nNext moves:\n {2}- stormpulse doctor\n.*\n\nOpen questions:\n {2}- /su);
    expect(text).not.toContain('\u001b');
    expect(Object.keys(JSON.parse(caseJson(found)) as object)).toEqual([
      'investigation',
      'title',
      'receipt',
      'window',
      'reports',
      'next_moves',
      'open_questions',
    ]);
  });
});

describe('stormpulse investigate', () => {
  it('I10: a name nobody knows: what there is, 2', async () => {
    const { code, stdout, stderr } = await runProgram(['investigate', 'nope']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('error: there is no investigation "nope"; expected one of flaps, box, logs-pipeline\n');
  });

  it.each([
    [[], 0],
    [['--json'], 0],
    [['flaps', '--since', 'yesterday'], 1],
    [['logs-pipeline', '--config', '/nonexistent/x.toml'], 1],
    [['flaps', '--json'], 0],
    [['flaps', '--sinse', '1h'], 2],
  ])('%j: %i', async (args, expected) => {
    const { code, stdout } = await runProgram(['investigate', ...args]);
    expect(code).toBe(expected);
    if (args.includes('--json')) expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });
});
