import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { runProgram } from '../../test-support/program.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import type { CaseFile, Report } from './case-file.ts';
import { caseJson, formatCase } from './format.ts';
import { findInvestigation, investigate } from './investigations.ts';
import type { Outside, Ran } from './outside.ts';
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
}

function journal(...entries: readonly Entry[]): string {
  return entries
    .map(({ message, at = NOW - HOUR_MS, priority = 6, pid = '77' }) =>
      JSON.stringify({ __REALTIME_TIMESTAMP: String(at * 1_000), MESSAGE: message, PRIORITY: String(priority), _PID: pid }),
    )
    .join('\n');
}

/** A host with a journal that reaches back, and nothing else, unless told. */
function host(change: {
  readonly journal?: Ran;
  readonly kernel?: Ran;
  readonly before?: Ran;
  readonly last?: Ran;
  readonly sadf?: Ran;
  readonly files?: Readonly<Record<string, string | Buffer | readonly string[]>>;
}): Outside {
  const { files = {} } = change;
  let stat = 0;
  return {
    now: () => NOW,
    scope: 'system',
    run: (name, args) => {
      if (name === 'last') return Promise.resolve(change.last ?? ABSENT);
      if (name === 'sadf') return Promise.resolve(change.sadf ?? ABSENT);
      if (args.includes('-n')) return Promise.resolve(change.before ?? ran(journal({ message: 'x', at: 1 })));
      return Promise.resolve((args.includes('_TRANSPORT=kernel') ? change.kernel : change.journal) ?? ABSENT);
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
  ])('%s: INCONCLUSIVE with a command, never CLEARED', async (_name, lines, before) => {
    const { reports } = await look('flaps', host({ journal: lines, ...(before === undefined ? {} : { before }) }));
    expect(verdicts(reports)).toEqual(['connection: INCONCLUSIVE']);
    expect(reports[0]?.remedy).toMatch(/journalctl|stormpulse/u);
  });

  it('no drop in a window that was seen: CLEARED, and it stops', async () => {
    const { reports } = await look('flaps', host({ journal: ran(journal({ message: 'dispatch: command finished' })) }));
    expect(reports).toEqual([{ suspect: 'connection', verdict: 'CLEARED', evidence: 'no drop in 1 lines of the agent' }]);
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
