import { UNIT } from '../host/service-programs.ts';
import type { Unseen, Window } from './case-file.ts';
import type { Outside } from './outside.ts';

export interface JournalLine {
  /** When it reached the journal, Unix milliseconds. */
  readonly at: number;
  readonly message: string;
  /** syslog's number: 3 error, 4 warning, 6 information. */
  readonly priority: number;
  /** Not from the service manager or the journal about the unit. */
  readonly isOwn: boolean;
  /** Which run of the unit wrote it, where the journal knows. */
  readonly run?: string;
}

/** What the journal has of a window. */
export interface JournalView {
  readonly lines: readonly JournalLine[];
  /** Why not all of the window was seen, and what would show it. */
  readonly unseen?: Unseen;
}

/** The agent's unit; with `kernel` the kernel's own lines, of every boot. */
export async function readJournal(outside: Outside, window: Window, of: 'agent' | 'kernel' = 'agent'): Promise<JournalView> {
  const user = of === 'agent' && outside.scope === 'user' ? ['--user'] : [];
  // -k would look at the present boot alone.
  const match = of === 'agent' ? ['-u', UNIT] : ['_TRANSPORT=kernel'];
  const [since, until] = [window.since, window.until].map((ms) => `@${Math.floor(ms / 1_000)}`) as [string, string];
  // A long field is left out unless all of it is asked for.
  const args = [...user, ...match, '--output=json', '--all', '--since', since, '--until', until];
  const { code, stdout, stderr } = await outside.run('journalctl', args);
  const command = `journalctl ${[...user, ...match].join(' ')} --since ${since} --until ${until}`;
  const lines = stdout.split('\n').flatMap((line) => read(line) ?? []);
  const unseen = (why: string, how = `as root: ${command}`): JournalView => ({ lines, unseen: { why, command: how } });
  if (code !== 0) return unseen(firstLine(stderr) || `journalctl ended with ${code}`);
  if (user.length === 0 && /not seeing messages|insufficient permissions/iu.test(stderr))
    return unseen('this user may not read the journal of the system (root and the groups adm and systemd-journal may)');
  const hasBefore = async (...only: readonly string[]): Promise<boolean> => {
    const before = await outside.run('journalctl', [...user, ...only, '--output=json', '-n', '1', '--until', since]);
    return before.code === 0 && before.stdout.split('\n').some((line) => read(line) !== undefined);
  };
  if (!(await hasBefore()))
    return unseen(
      'the journal does not reach back to the begin of the window',
      `journalctl ${[...user, '--list-boots'].join(' ')}`,
    );
  if (of === 'kernel' && lines.length === 0 && !(await hasBefore(...match)))
    return unseen('the journal has no line of the kernel at all: it may not record them here', 'as root: dmesg --ctime');
  const dropped = lines.find(({ message, isOwn }) => !isOwn && SUPPRESSED.test(message));
  if (dropped !== undefined)
    return unseen(
      `the journal did not take all: ${dropped.message.slice(0, 200)}`,
      'a higher RateLimitBurst= in /etc/systemd/journald.conf, then: systemctl restart systemd-journald',
    );
  return { lines };
}

const SYSTEMD: ReadonlySet<unknown> = new Set(['systemd', 'systemd-journald']);
/** Of journald itself, about whoever wrote more than it takes in a while. */
const SUPPRESSED = /^Suppressed \d+ messages? from /u;

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 200);
}

function read(line: string): JournalLine | undefined {
  const entry = parsed(line);
  if (entry === undefined) return undefined;
  const at = Number(entry['__REALTIME_TIMESTAMP']) / 1_000;
  if (!Number.isFinite(at)) return undefined;
  const run = entry['_SYSTEMD_INVOCATION_ID'];
  return {
    at,
    message: text(entry['MESSAGE']),
    priority: Number(entry['PRIORITY'] ?? 6),
    isOwn: entry['_PID'] !== '1' && !SYSTEMD.has(entry['SYSLOG_IDENTIFIER']),
    ...(typeof run === 'string' ? { run } : {}),
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What is no UTF-8 stands there as a list of bytes. */
function text(message: unknown): string {
  if (typeof message === 'string') return message;
  return Array.isArray(message) ? Buffer.from(message as number[]).toString('utf8') : '';
}
