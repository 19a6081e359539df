import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { must, tool } from './host-tools.ts';
import { createRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const USAGE = `usage: npm run test:faults [-- --seed N] [--only NAME] [--rounds N | --share N]
share: an Nth of the rounds of each
scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`;
const SHOWN = 10;

interface Options {
  readonly seed: number;
  readonly scenarios: readonly Scenario[];
  /** Of one scenario, by its own number. */
  readonly rounds: (own: number) => number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, only: { type: 'string' }, rounds: { type: 'string' }, share: { type: 'string' } },
  });
  const number = (name: 'seed' | 'rounds' | 'share'): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^[0-9]{1,10}$/u.test(text)) throw new Error(`--${name} is "${text}"; expected a whole number`);
    return Number(text);
  };
  const scenarios = SCENARIOS.filter(({ name }) => values.only === undefined || name === values.only);
  if (scenarios.length === 0) throw new Error(`there is no scenario "${values.only ?? ''}"`);
  const given = number('rounds');
  const share = Math.max(1, number('share') ?? 1);
  const rounds = (own: number): number => given ?? Math.ceil(own / share);
  return { seed: number('seed') ?? Math.floor(Math.random() * 2 ** 32), scenarios, rounds };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** True when it held. */
async function play(scenario: Scenario, { seed, rounds: roundsOf }: Options): Promise<boolean> {
  print(`\n${scenario.name}: ${scenario.what}`);
  const begun = performance.now();
  const rounds = roundsOf(scenario.rounds);
  try {
    const { counts, broken } = await scenario.run({ random: createRandom(seed), rounds, say: (text) => print(`  … ${text}`) });
    for (const [name, value] of Object.entries(counts)) print(`  ${String(value).padStart(8)}  ${name}`);
    for (const what of broken.slice(0, SHOWN)) print(`  BROKEN  ${what}`);
    if (broken.length > SHOWN) print(`  BROKEN  and ${broken.length - SHOWN} more`);
    print(`  ${broken.length === 0 ? 'held' : 'did not hold'}, ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    return broken.length === 0;
  } catch (error) {
    print(`  BROKEN  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  }
}

/** A network of one's own begins without. */
function raiseLoopback(): void {
  const isUp = networkInterfaces()['lo'] !== undefined;
  if (!isUp && process.geteuid?.() === 0) must(tool('ip', 'iproute2'), ['link', 'set', 'lo', 'up']);
}

async function main(): Promise<void> {
  const options = readOptions();
  raiseLoopback();
  print(`seed ${options.seed} (again: npm run test:faults -- --seed ${options.seed})`);
  let failed = 0;
  for (const scenario of options.scenarios) if (!(await play(scenario, options))) failed += 1;
  print(`\n${options.scenarios.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
}
