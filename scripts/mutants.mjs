// npm run test:mutants [-- --only SEC-060] [-- --part 1/3] [-- --check] [-- --tested]: plants each fault of test/mutants in a second working
// tree of HEAD and expects a test that names its rule to fail. --part takes every third, from the first on; --check only says which
// patches no longer fit; --tested leaves out the run without any fault: all tests have just passed on HEAD.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readFaults } from './mutants/patches.mjs';
import { createRunner } from './mutants/runner.mjs';
import { createScratch } from './mutants/scratch.mjs';
import { failures, survival } from './mutants/verdict.mjs';
import { bin, fail, install, root } from './setup.mjs';

const PLUGINS = readdirSync(join(root, 'plugins')).map((name) => join('plugins', name));
const AT_ONCE = 2;
/** For the tests of one fault, and for all of them. */
const LIMIT_MS = { one: 180_000, all: 900_000 };
const { check, only, part, tested } = readOptions();
install();
const faults = readFaults(root)
  .filter(({ name }) => name.startsWith(only))
  .filter((_, index) => index % part.of === part.number - 1);
if (faults.length === 0) fail(`mutants: no fault of test/mutants begins with ${only}`);

const scratches = [];
const runners = [];
const cleanUp = () => {
  for (const runner of runners) runner.end();
  for (const scratch of scratches) scratch.remove();
};
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}
try {
  process.exitCode = (await (check ? checkAll() : runAll())) ? 0 : 1;
} finally {
  cleanUp();
}

/** One after the other, without running anything. */
async function checkAll() {
  const scratch = newScratch();
  return summary(faults.map((fault) => told(fault, plant(fault, scratch) ?? undone(scratch))));
}

async function runAll() {
  const first = newScratch();
  if (faults.some(({ built }) => built)) await compile(first);
  const red = tested ? [] : await withoutFaults(first);
  if (red.length > 0) {
    process.stdout.write(`FAIL  without any fault:\n      ${red.join('\n      ')}\n`);
    return summary([false]);
  }
  // A build with a fault in it stays until the next one.
  const waiting = faults.toSorted((one, other) => Number(one.built) - Number(other.built));
  const verdicts = [];
  const lane = async (scratch) => {
    const runner = newRunner(scratch, { maxWorkers: 1, limitMs: LIMIT_MS.one });
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
      verdicts.push(told(fault, plant(fault, scratch) ?? (await judge(fault, scratch, runner))));
  };
  const lanes = Math.min(AT_ONCE, faults.length);
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index === 0 ? first : newScratch())));
  return summary(verdicts);
}

/** The names of the tests that fail before anything is planted. */
async function withoutFaults(scratch) {
  const files = [...new Set(faults.flatMap(({ tests }) => tests))];
  const pattern = [...new Set(faults.map(({ rule }) => rule))].join('|');
  const runner = newRunner(scratch, { maxWorkers: AT_ONCE, limitMs: LIMIT_MS.all });
  const report = await runner.run({ files, pattern, changed: [] });
  runner.end();
  return typeof report === 'string' ? [report] : failures(report);
}

function newScratch() {
  const scratch = createScratch(root);
  scratches.push(scratch);
  return scratch;
}

function newRunner(scratch, options) {
  const runner = createRunner(scratch.root, options);
  runners.push(runner);
  return runner;
}

/** A sentence when the patch does not fit. */
function plant({ path }, scratch) {
  const words = scratch.apply(path);
  return words === undefined ? undefined : `the patch no longer fits; make it again on the code as it is (${words})`;
}

function undone(scratch) {
  scratch.restore();
  return undefined;
}

async function judge({ rule, tests, built, changed }, scratch, runner) {
  if (built) await compile(scratch);
  const report = await runner.run({ files: tests, pattern: rule, changed: [...changed, ...scratch.restored] });
  scratch.restore();
  scratch.restored = changed;
  return typeof report === 'string' ? report : survival(report, rule);
}

function told({ name, what }, problem) {
  process.stdout.write(problem === undefined ? `ok    ${name}\n` : `FAIL  ${name} (${what}): ${problem}\n`);
  return problem === undefined;
}

function summary(verdicts) {
  const passed = verdicts.filter(Boolean).length;
  process.stdout.write(`\n${passed} passed, ${verdicts.length - passed} failed\n`);
  return passed === verdicts.length;
}

/** A type error is no matter here: the compiler writes what it can. */
function compile(scratch) {
  return new Promise((resolve, reject) => {
    const child = spawn(bin('tsc'), ['-b', 'packages/agent', ...PLUGINS], { cwd: scratch.root, stdio: 'ignore' });
    child.once('error', reject).once('close', resolve);
  });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { check: { type: 'boolean' }, only: { type: 'string' }, part: { type: 'string' }, tested: { type: 'boolean' } },
    });
    const part = readPart(values.part ?? '1/1');
    return { check: values.check === true, only: values.only ?? 'SEC-', part, tested: values.tested === true };
  } catch (error) {
    return fail(`mutants: ${error.message}; it takes --check, --tested, --only SEC-000 and --part 1/3`);
  }
}

function readPart(text) {
  const [, number, of] = /^([1-9]\d?)\/([1-9]\d?)$/u.exec(text) ?? [];
  if (number === undefined || Number(number) > Number(of)) throw new Error(`--part ${text} is no part of a whole`);
  return { number: Number(number), of: Number(of) };
}
