/** A wrong flag or environment variable. */
export class UsageError extends Error {}

/**
 * The numbers of one bench: its defaults (`--smoke`: its short form), then the environment, then flags. A knob `watchMs` of
 * `idle` is STORMPULSE_BENCH_IDLE_WATCH_MS or --idle.watchMs=NUMBER. Throws UsageError.
 */
export function readKnobs(bench, table, args) {
  const smoke = args.includes('--smoke');
  const prefix = `--${bench}.`;
  const flags = new Map(args.filter((arg) => arg.startsWith(prefix)).map((arg) => arg.slice(prefix.length).split('=', 2)));
  const unknown = [...flags.keys()].filter((knob) => !(knob in table));
  if (unknown.length > 0) throw new UsageError(`${bench} has no ${unknown.join(', ')}; it has ${Object.keys(table).join(', ')}`);
  const entries = Object.entries(table).map(([knob, { full, short }]) => {
    const text = flags.get(knob) ?? process.env[variableOf(bench, knob)];
    return [knob, text === undefined ? (smoke ? short : full) : wholeNumber(`${bench}.${knob}`, text)];
  });
  return {
    smoke,
    meshcentral: args.includes('--meshcentral'),
    homebridge: args.includes('--homebridge'),
    ...Object.fromEntries(entries),
  };
}

function variableOf(bench, knob) {
  return `STORMPULSE_BENCH_${bench}_${knob.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();
}

function wholeNumber(knob, text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${knob} is "${text}", expected a whole number from 1`);
  return value;
}
