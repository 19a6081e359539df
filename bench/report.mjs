import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * One figure in the form of bench/results/NAME.json. A limit is on the ratio where there is a yardstick, on the value
 * otherwise; the smoke form doubles the room.
 */
export function figure(name, value, unit, { better, yardstick = null, limit = null, smoke = false }) {
  const ratio = yardstick === null ? null : value / yardstick.value;
  const room = smoke && limit !== null ? (better === 'lower' ? limit * 2 : limit / 2) : limit;
  const judged = ratio ?? value;
  const ok = room === null || (better === 'lower' ? judged <= room : judged >= room);
  return { name, value, unit, yardstick, ratio, limit: room, better, ok };
}

const HEAD = ['figure', 'value', 'unit', 'yardstick', '', 'ratio', 'limit', 'ok'];

export function printTable(bench, figures, notes, { smoke }) {
  const rows = figures.map((one) => [
    one.name,
    short(one.value),
    one.unit,
    one.yardstick?.name ?? '-',
    one.yardstick === null ? '' : short(one.yardstick.value),
    one.ratio === null ? '-' : one.ratio.toFixed(2),
    one.limit === null ? '-' : `${one.better === 'lower' ? '<=' : '>='} ${short(one.limit)}`,
    one.limit === null ? '' : one.ok ? 'ok' : 'MISSED',
  ]);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const title = `${bench}${smoke ? ' (smoke: short runs, doubled limits)' : ''}`;
  process.stdout.write(`\n${[title, line(HEAD), rule, ...rows.map(line), ...notes.map((note) => `  ${note}`)].join('\n')}\n`);
}

export async function writeResult(bench, figures) {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${bench}.json`, `${JSON.stringify({ bench, figures }, null, 2)}\n`);
}

function short(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 0.1 ? 2 : 3);
}
