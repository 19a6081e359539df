import { clearedIfSeen } from '../case-file.ts';
import type { Report, Window } from '../case-file.ts';
import type { Outside } from '../outside.ts';
import { local } from '../window.ts';

const SUSPECT = 'unplanned reboot';
const PLANNED_WITHIN_MS = 600_000;
const SAME_BOOT_MS = 300_000;
const PLANS = '/var/log/unattended-upgrades/unattended-upgrades.log';
const REBOOT = /^reboot\s.*?((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} +\d+ \d{2}:\d{2}:\d{2} \d{4})/u;
const BEGINS = /begins (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(\w{3} +\d+ \d{2}:\d{2}:\d{2} \d{4})/u;
const PLANNED = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}).*rebooting|scheduled for \w{3} (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})/u;

/** Reboots that no unattended upgrade had planned. */
export async function investigateReboots(outside: Outside, window: Window): Promise<Report> {
  const { code, stdout, stderr } = await outside.run('last', ['-F', 'reboot']);
  if (code !== 0) {
    const evidence = stderr.trim().slice(0, 200) || `last ended with ${code}`;
    return {
      suspect: SUSPECT,
      verdict: 'INCONCLUSIVE',
      evidence,
      remedy: 'journalctl --list-boots (or install last: apt install util-linux-extra)',
    };
  }
  const lines = stdout.split('\n');
  const reboots = withBoot(times(lines, REBOOT), outside).filter((at) => at >= window.since && at <= window.until);
  const planned = times(outside.read(PLANS)?.toString('utf8').split('\n') ?? [], PLANNED);
  const unplanned = reboots.filter((at) => !planned.some((plan) => Math.abs(at - plan) <= PLANNED_WITHIN_MS));
  if (unplanned.length > 0) {
    const evidence = `${unplanned.length} reboots that no unattended upgrade had planned: ${unplanned.map(local).join(', ')}`;
    return {
      suspect: SUSPECT,
      verdict: 'IMPLICATED',
      evidence,
      remedy: 'journalctl --list-boots, then of the boot before: journalctl -b -1 -e',
    };
  }
  const begins = times(lines, BEGINS)[0];
  const evidence = reboots.length === 0 ? 'no reboot' : `${reboots.length} reboots, each planned by an unattended upgrade`;
  if (begins !== undefined && begins <= window.since) return clearedIfSeen(SUSPECT, evidence, undefined);
  const why = begins === undefined ? 'last does not say since when it knows' : `the record of reboots begins at ${local(begins)}`;
  return clearedIfSeen(SUSPECT, evidence, { why, command: 'last -F -f /var/log/wtmp.1 reboot' });
}

/** The kernel knows when it began, also where nobody wrote that down. */
function withBoot(reboots: readonly number[], { read }: Outside): number[] {
  const boot = 1_000 * Number(/^btime (\d+)$/mu.exec(read('/proc/stat')?.toString('latin1') ?? '')?.[1]);
  const isNew = Number.isFinite(boot) && !reboots.some((at) => Math.abs(at - boot) <= SAME_BOOT_MS);
  return isNew ? [...reboots, boot] : [...reboots];
}

function times(lines: readonly string[], pattern: RegExp): number[] {
  return lines.flatMap((line) => {
    const found = pattern.exec(line);
    const time = Date.parse(found?.[1] ?? found?.[2] ?? '');
    return Number.isNaN(time) ? [] : [time];
  });
}
