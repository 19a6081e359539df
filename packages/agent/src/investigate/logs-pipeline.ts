import { isTable } from '../config/check-table.ts';
import { loadConfig } from '../config/load.ts';
import { Refused } from '../errors.ts';
import type { CaseFile, Report, Window } from './case-file.ts';
import { readJournal } from './journal.ts';
import type { JournalView } from './journal.ts';
import type { Outside } from './outside.ts';

export interface LogGroup {
  readonly name: string;
  /** A command that shows ten raw lines. */
  readonly sample: string;
}

/** Whether what is written into the logs of this host reaches the hub. Throws what is wrong with the file. */
export async function investigateLogsPipeline(
  outside: Outside,
  window: Window,
  configPath: string,
): Promise<Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'>> {
  const { host, config } = loadConfig(configPath);
  const groups = enabledGroups(host.file['log_groups']);
  if (groups.length === 0)
    throw Refused({
      what: `${configPath} has no [[log_groups]] that is enabled, so no log is shipped; add one, or name another file with --config`,
    });
  const unserved = config.awaited.find(({ table }) => table === 'log_groups')?.reason;
  const view = await readJournal(outside, window);
  return {
    reports: groups.map((group) => judge(group, view, unserved)),
    nextMoves: [`stormpulse config check ${configPath}`],
    openQuestions: [],
  };
}

function enabledGroups(entries: unknown): LogGroup[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    if (!isTable(entry) || entry['enabled'] === false || typeof entry['name'] !== 'string') return [];
    const { name, source_path: path, container_name: container } = entry;
    const sample = typeof path === 'string' ? `tail -n 10 ${path}` : `docker logs --timestamps --tail 10 ${String(container)}`;
    return [{ name, sample }];
  });
}

/** Judgement by itself. `unserved`: why no plugin of this agent ships it. */
export function judge({ name, sample }: LogGroup, { lines, unseen }: JournalView, unserved: string | undefined): Report {
  const suspect = `log group ${name}`;
  const own = lines.filter(({ isOwn }) => isOwn);
  const batches = own.flatMap(({ message }) => {
    const [, group, shipped, dropped = '0'] =
      /Shipped log\.batch \S+ group=(\S+) lines=(\d+)(?: dropped=(\d+))?/u.exec(message) ?? [];
    return group === name ? [{ shipped: Number(shipped), dropped: Number(dropped) }] : [];
  });
  const shipped = batches.reduce((sum, batch) => sum + batch.shipped, 0);
  const dropped = batches.reduce((sum, batch) => sum + batch.dropped, 0);
  if (shipped > 0)
    return { suspect, verdict: 'CLEARED', evidence: `${shipped} lines shipped in ${batches.length} batches, ${dropped} dropped` };
  if (batches.length > 0)
    return {
      suspect,
      verdict: 'INCONCLUSIVE',
      evidence: `all ${dropped} lines of ${batches.length} batches were dropped; whether its parser can read them was not tried`,
      remedy: sample,
    };
  if (unseen !== undefined) return { suspect, verdict: 'INCONCLUSIVE', evidence: unseen.why, remedy: unseen.command };
  if (unserved !== undefined)
    return { suspect, verdict: 'IMPLICATED', evidence: `nothing ships it: ${unserved}`, remedy: 'stormpulse status' };
  if (!own.some(({ priority }) => priority >= 6)) {
    const remedy = 'STORMPULSE_LOG_LEVEL=info for the service, and a longer window: --since 7d';
    return { suspect, verdict: 'INCONCLUSIVE', evidence: 'the journal has nothing of the agent at level information', remedy };
  }
  return { suspect, verdict: 'CLEARED', evidence: 'quiet: no batch in the window, and the agent did log', detail: sample };
}
