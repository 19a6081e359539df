import type { Database } from '@stormpulse/sqlite';
import { number } from './rows.ts';

/** The host figures of v1's `metrics.push` with their units (wire page 7.1), and the number of containers. */
export const METRIC_UNITS = {
  cpu_percent: '%',
  memory_percent: '%',
  memory_used_mb: 'MiB',
  memory_total_mb: 'MiB',
  disk_percent: '%',
  disk_used_gb: 'GiB',
  disk_total_gb: 'GiB',
  load_avg_1m: '',
  load_avg_5m: '',
  uptime_seconds: 's',
  containers: '',
} as const;

/** The name of one stored figure. */
export type MetricName = keyof typeof METRIC_UNITS;

export const METRIC_NAMES = Object.keys(METRIC_UNITS) as readonly MetricName[];

/** Points of several figures over one time axis; `t` in Unix seconds, null where there is no value. */
export interface MetricColumns {
  readonly t: readonly number[];
  readonly series: readonly { readonly name: MetricName; readonly unit: string; readonly values: readonly (number | null)[] }[];
}

/** One row a push; at most `MAX_ROWS` an agent. */
export interface MetricStore {
  add(agentId: string, atMs: number, values: Readonly<Record<MetricName, number | null>>): void;
  read(agentId: string, names: readonly MetricName[], range: { fromMs: number; toMs: number; points: number }): MetricColumns;
}

const MAX_ROWS = 20_000;
const PRUNE_EVERY = 256;

export function createMetricStore(database: Database): MetricStore {
  const insert = database.prepare(
    `INSERT INTO metric (agent_id, at, ${METRIC_NAMES.join(', ')}) VALUES (?, ?, ${METRIC_NAMES.map(() => '?').join(', ')})`,
  );
  const count = database.prepare('SELECT count(*) AS n FROM metric WHERE agent_id = ? AND at BETWEEN ? AND ?');
  const prune = database.prepare(
    'DELETE FROM metric WHERE agent_id = ? AND at < (SELECT at FROM metric WHERE agent_id = ? ORDER BY at DESC LIMIT 1 OFFSET ?)',
  );
  let added = 0;
  return {
    add(agentId, atMs, values) {
      insert.run(agentId, atMs, ...METRIC_NAMES.map((name) => values[name]));
      added += 1;
      if (added % PRUNE_EVERY === 0) prune.run(agentId, agentId, MAX_ROWS - 1);
    },
    read(agentId, names, { fromMs, toMs, points }) {
      const where = 'FROM metric WHERE agent_id = ? AND at BETWEEN ? AND ?';
      const rows = number(count.get(agentId, fromMs, toMs) ?? {}, 'n');
      const stepMs = Math.ceil((toMs - fromMs + 1) / points);
      const averages = names.map((name) => `avg(${name}) AS ${name}`).join(', ');
      const found =
        rows <= points
          ? database.prepare(`SELECT at, ${names.join(', ')} ${where} ORDER BY at, rowid`).all(agentId, fromMs, toMs)
          : database
              .prepare(`SELECT min(at) AS at, ${averages} ${where} GROUP BY (at - ?) / ? ORDER BY 1`)
              .all(agentId, fromMs, toMs, fromMs, stepMs);
      return {
        t: found.map((row) => Math.round(number(row, 'at') / 1_000)),
        series: names.map((name) => ({
          name,
          unit: METRIC_UNITS[name],
          values: found.map((row) => (typeof row[name] === 'number' ? row[name] : null)),
        })),
      };
    },
  };
}
