// npm run test:mutants [-- --only SEC-060] [-- --check]: plants each fault of test/mutants in a second working tree of HEAD and
// expects a test that names its rule to fail. --check only says which patches no longer fit.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readFaults } from './mutants/patches.mjs';
import { createScratch } from './mutants/scratch.mjs';
import { failures, survival } from './mutants/verdict.mjs';
import { bin, fail, install, root } from './setup.mjs';

const PLUGINS = readdirSync(join(root, 'plugins')).map((name) => join('plugins', name));
const AT_ONCE = 2;
const LIMIT_MS = 180_000;
const { check, only } = readOptions();
install();
const faults = readFaults(root).filter(({ name }) => name.startsWith(only));
if (faults.length === 0) fail(`mutants: no fault of test/mutants begins with ${only}`);

const scratches = [];
const running = new Set();
const reports = mkdtempSync(join(tmpdir(), 'mutants-'));
const cleanUp = () => {
  for (const child of running) endGroup(child);
  for (const scratch of scratches) scratch.remove();
  rmSync(reports, { recursive: true, force: true });
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
  const files = [...new Set(faults.flatMap(({ tests }) => tests))];
  const rules = [...new Set(faults.map(({ rule }) => rule))];
  const built = faults.some((fault) => fault.built);
  const report = await runTests(first, files, built, ['--testNamePattern', rules.join('|'), '--maxWorkers', String(AT_ONCE)]);
  const red = typeof report === 'string' ? [report] : failures(report);
  if (red.length > 0) {
    process.stdout.write(`FAIL  without any fault:\n      ${red.join('\n      ')}\n`);
    return summary([false]);
  }
  const waiting = [...faults];
  const verdicts = [];
  const lane = async (scratch) => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
      verdicts.push(told(fault, plant(fault, scratch) ?? (await judge(fault, scratch))));
  };
  const lanes = Math.min(AT_ONCE, faults.length);
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index === 0 ? first : newScratch())));
  return summary(verdicts);
}

function newScratch() {
  const scratch = createScratch(root);
  scratches.push(scratch);
  return scratch;
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

async function judge({ rule, tests, built }, scratch) {
  const report = await runTests(scratch, tests, built, ['--testNamePattern', rule, '--maxWorkers', '1']);
  scratch.restore();
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

/** Vitest's report, or a sentence when it gave none. */
async function runTests(scratch, files, built, options) {
  // A type error is no matter here: the compiler writes what it can.
  if (built) await runTool('tsc', ['-b', 'packages/agent', ...PLUGINS], scratch.root);
  const output = join(reports, `${scratches.indexOf(scratch)}.json`);
  rmSync(output, { force: true });
  const args = ['run', ...files, '--reporter=json', `--outputFile=${output}`, '--passWithNoTests', ...options];
  const { late, words } = await runTool('vitest', args, scratch.root);
  if (late) return `the tests did not end within ${LIMIT_MS / 1_000} s`;
  try {
    return JSON.parse(readFileSync(output, 'utf8'));
  } catch (error) {
    return `vitest gave no report (${error.message}): ${words}`;
  }
}

function runTool(name, args, cwd) {
  return new Promise((resolve, reject) => {
    // A group of its own: a fault may leave the workers of the tests in a loop that only their end ends.
    const child = spawn(bin(name), args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let words = '';
    let late = false;
    running.add(child);
    const timer = setTimeout(() => {
      late = true;
      endGroup(child);
    }, LIMIT_MS);
    child.stderr.setEncoding('utf8').on('data', (text) => (words = (words + text).slice(-2_000)));
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ late, words });
    });
  });
}

function endGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({ options: { check: { type: 'boolean' }, only: { type: 'string' } } });
    return { check: values.check === true, only: values.only ?? 'SEC-' };
  } catch (error) {
    return fail(`mutants: ${error.message}; it takes --check and --only SEC-000`);
  }
}
