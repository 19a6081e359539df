import { clearedIfSeen } from '../case-file.ts';
import type { Report, Window } from '../case-file.ts';
import type { Outside } from '../outside.ts';
import { local } from '../window.ts';

const SUSPECT = 'disk latency';
const SLOW_MS = 100;
const FOLDERS = ['/var/log/sysstat', '/var/log/sa'];
const INSTALL = 'apt install sysstat && systemctl enable --now sysstat sysstat-collect.timer; it records from then on';
/** Ten minutes is how often sysstat records. */
const GAP_MS = 30 * 60_000;

interface Sample {
  readonly at: number;
  readonly device: string;
  readonly await: number;
}

/** What sysstat has recorded of the disks (`sar -d`). */
export async function investigateDiskLatency(outside: Outside, window: Window): Promise<Report> {
  const files = FOLDERS.flatMap((folder) =>
    outside
      .list(folder)
      .filter((name) => /^sa(?:\d{2}|\d{8})$/u.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const samples: Sample[] = [];
  let failed: string | undefined;
  for (const file of files) {
    const { code, stdout, stderr } = await outside.run('sadf', ['-d', file, '--', '-d']);
    if (code === 0) samples.push(...samplesIn(stdout));
    else failed ??= `${file}: ${stderr.trim().slice(0, 200)}`;
  }
  if (samples.length === 0)
    return {
      suspect: SUSPECT,
      verdict: 'INCONCLUSIVE',
      evidence: failed ?? 'nothing was recorded on this host',
      remedy: INSTALL,
    };
  const slow = samples.filter((sample) => sample.await >= SLOW_MS);
  const within = (sample: Sample): boolean => sample.at >= window.since && sample.at <= window.until;
  const worst = slow.filter(within).toSorted((a, b) => b.await - a.await)[0];
  if (worst !== undefined) {
    const evidence = `${slow.filter(within).length} samples of ${SLOW_MS} ms or more; the worst: ${worst.device} ${Math.round(worst.await)} ms at ${local(worst.at)}`;
    return { suspect: SUSPECT, verdict: 'IMPLICATED', evidence, remedy: 'iostat -x 1; smartctl -a /dev/…' };
  }
  const note = slow.length === 0 ? '' : `; ${slow.length} slow samples lie outside the window`;
  const seen = samples.filter(within);
  const why = failed ?? gapIn(seen, window);
  return clearedIfSeen(
    SUSPECT,
    `${seen.length} samples, none of ${SLOW_MS} ms or more${note}`,
    why === undefined ? undefined : { why, command: 'systemctl status sysstat-collect.timer' },
  );
}

function gapIn(samples: readonly Sample[], { since, until }: Window): string | undefined {
  const times = [since, ...samples.map(({ at }) => at).toSorted((a, b) => a - b), until];
  const gap = times.findIndex((at, index) => index > 0 && at - (times[index - 1] ?? at) > GAP_MS);
  return gap < 0 ? undefined : `nothing was recorded from ${local(times[gap - 1] ?? 0)} to ${local(times[gap] ?? 0)}`;
}

/** sadf's own table: a line that names the columns, then one a sample, split by semicolons. */
function samplesIn(text: string): Sample[] {
  let columns: string[] = [];
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) columns = line.replace(/^#\s*/u, '').split(';');
    if (line.startsWith('#') || !columns.includes('await')) return [];
    const cells = line.split(';');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    const at = Date.parse(cell('timestamp').replace(' UTC', 'Z').replace(' ', 'T'));
    const latency = Number(cell('await').replace(',', '.'));
    return Number.isNaN(at) || !Number.isFinite(latency) ? [] : [{ at, device: cell('DEV'), await: latency }];
  });
}
