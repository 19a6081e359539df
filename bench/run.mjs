// npm run bench -- [NAME…] [--smoke] [--NAME.KNOB=NUMBER…]: see docs/reference/bench.md.
import { readKnobs, UsageError } from './knobs.mjs';
import { printTable, writeResult } from './report.mjs';

// Footprints first: the later benches fill this process's own heap and the disk's caches.
const NAMES = ['idle', 'roundtrip', 'burst', 'verify', 'isolation', 'loading'];
/** Too long to run unasked, or in need of more than Node. */
const BY_NAME_ONLY = ['soak', 'install', 'docker'];
const ALL = [...NAMES, ...BY_NAME_ONLY];
const FLAGS = ['--smoke', '--meshcentral', '--homebridge'];

async function main(args) {
  const asked = args.filter((arg) => !arg.startsWith('--'));
  refuseUnknownFlags(args);
  const unknown = asked.filter((name) => !ALL.includes(name));
  if (unknown.length > 0) throw new UsageError(`no bench is called ${unknown.join(', ')}; there are ${ALL.join(', ')}`);
  const names = asked.length === 0 ? NAMES : ALL.filter((name) => asked.includes(name));
  const missed = [];
  for (const name of names) {
    const bench = await import(`./${name}.mjs`);
    const knobs = readKnobs(name, bench.KNOBS, args);
    const { figures, notes } = await bench.run(knobs);
    printTable(name, figures, notes, knobs);
    await writeResult(name, figures);
    missed.push(...figures.filter((figure) => !figure.ok).map((figure) => `${name}: ${figure.name}`));
  }
  if (missed.length > 0) process.stdout.write(`\nmissed: ${missed.join('; ')}\n`);
  return missed.length > 0 ? 1 : 0;
}

function refuseUnknownFlags(args) {
  const known = (arg) => FLAGS.includes(arg) || ALL.some((name) => arg.startsWith(`--${name}.`));
  const unknown = args.filter((arg) => arg.startsWith('--') && !known(arg));
  if (unknown.length === 0) return;
  throw new UsageError(`no flag is called ${unknown.join(', ')}; there are ${FLAGS.join(', ')} and --NAME.KNOB=NUMBER`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(error instanceof UsageError ? `bench: ${error.message}\n` : `bench: ${error.stack ?? error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
