import { Refused } from '../errors.ts';
import { UNIT } from '../host/service-programs.ts';
import type { ServicePrograms } from '../host/service-programs.ts';

export interface LogsOptions {
  /** How many lines, as journalctl takes it. */
  readonly lines?: string;
  readonly follow?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly grep?: string;
}

const DEFAULT_LINES = '100';
/** What journalctl says instead of nothing. */
const NO_ENTRIES = /^(?:-- .*No entries.* --)?\s*$/u;
const ENOUGH_CHARS = 512;

/** journalctl's words: the last lines and what follows, or with a time all of it (wire page, section 12). */
export function journalArguments(options: LogsOptions, scope: ServicePrograms['scope']): string[] {
  const { lines, follow, since, until, grep } = options;
  const isWindow = since !== undefined || until !== undefined;
  const count = lines ?? (isWindow ? undefined : DEFAULT_LINES);
  return [
    ...(scope === 'user' ? ['--user'] : []),
    '-u',
    UNIT,
    ...(count === undefined ? [] : ['-n', count]),
    ...(since === undefined ? [] : ['--since', since]),
    ...(until === undefined ? [] : ['--until', until]),
    ...(grep === undefined ? [] : ['-g', grep]),
    ...((follow ?? !isWindow) ? ['-f'] : []),
  ];
}

/** Shows the agent's log. Gives journalctl's exit code. Throws `E_AGENT_REFUSED` when this host has no journalctl. */
export async function logs(options: LogsOptions, programs: ServicePrograms, say: (line: string) => void): Promise<number> {
  const journalctl = programs.find('journalctl');
  if (journalctl === undefined)
    throw Refused({
      what: 'journalctl was expected in /usr/bin or /bin and is not there; without systemd the agent writes its log to standard error: look where that goes',
    });
  const args = journalArguments(options, programs.scope);
  if (args.includes('-f')) return await programs.run(journalctl, args);
  let seen = '';
  const code = await programs.run(journalctl, args, (text) => {
    if (seen.length < ENOUGH_CHARS) seen += text;
  });
  if (NO_ENTRIES.test(seen)) say(hint(options, programs));
  return code;
}

function hint({ since, until, grep }: LogsOptions, { scope, isRoot }: ServicePrograms): string {
  if (since !== undefined || until !== undefined || grep !== undefined)
    return 'No line matches; ask for more: a longer time (--since "2 days ago"), or without -g.';
  const unseen =
    isRoot || scope === 'user' ? '' : ' You may not be allowed to see it: run it as root, or join the group systemd-journal.';
  return `The journal has nothing of the unit ${UNIT}. Does the agent run as a service? systemctl ${scope === 'user' ? '--user ' : ''}status ${UNIT}.${unseen}`;
}
