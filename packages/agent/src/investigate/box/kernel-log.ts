import { clearedIfSeen } from '../case-file.ts';
import type { Report, Window } from '../case-file.ts';
import { readJournal } from '../journal.ts';
import type { Outside } from '../outside.ts';
import { local } from '../window.ts';

const SUSPECT = 'kernel';
/** Of RCU only its complaints: each boot says that it is there. */
const TROUBLE = /rcu.*(?:stall|starved)|\bstall|hung task|blocked for more than|lockup|out of memory|oom-kill/iu;

/** Stalls, lock-ups and memory that ran out. */
export async function investigateKernelLog(outside: Outside, window: Window): Promise<Report> {
  const { lines, unseen } = await readJournal(outside, window, 'kernel');
  const trouble = lines.filter(({ message }) => TROUBLE.test(message));
  const [first] = trouble;
  if (first === undefined) return clearedIfSeen(SUSPECT, `no complaint in ${lines.length} lines of the kernel`, unseen);
  return {
    suspect: SUSPECT,
    verdict: 'IMPLICATED',
    evidence: `${trouble.length} complaints of the kernel, the first at ${local(first.at)}: ${first.message.slice(0, 200)}`,
    remedy: `journalctl _TRANSPORT=kernel --since "${local(first.at)}"`,
  };
}
