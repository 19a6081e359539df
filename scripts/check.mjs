// npm run check [-- --update | --release-contract]: types, lint, format, import rules, budgets, dependency list, the page of the command
// line, what packages export, and whether the version of the plugin contract says what happened to it. Everything is run; all problems are shown.
import { spawnSync } from 'node:child_process';
import { bin, install, root } from './setup.mjs';
import { checkApiReports } from './checks/api-reports.mjs';
import { checkBudgets } from './checks/budgets.mjs';
import { checkCliReference } from './checks/cli-reference.mjs';
import { checkDependencies } from './checks/dependencies.mjs';
import { checkDocsSamples } from './checks/docs-samples.mjs';
import { checkImports } from './checks/imports.mjs';
import { checkNode } from './checks/isomorphic.mjs';
import { checkNoShell } from './checks/no-shell.mjs';
import { checkPluginContract } from './checks/plugin-contract.mjs';

install();
const update = process.argv.includes('--update');
const release = process.argv.includes('--release-contract');
const tool =
  (name, ...args) =>
  () => {
    const { status, stdout, stderr } = spawnSync(bin(name), args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
  };
const checks = {
  types: tool('tsc', '-b'),
  'types of tests': tool('tsc', '-p', 'tsconfig.tests.json'),
  lint: tool('oxlint', '--type-aware', '--deny-warnings', '.'),
  format: tool('oxfmt', '--check', '.'),
  imports: () => checkImports(root),
  isomorphic: () => checkNode(root),
  'no shell': () => checkNoShell(root),
  budgets: () => checkBudgets(root),
  dependencies: () => checkDependencies(root, { update }),
  'command line': () => checkCliReference(root, { update }),
  'samples of docs': () => checkDocsSamples(root),
  'API reports': () => checkApiReports(root, { update }),
  'plugin contract': () => checkPluginContract(root, { release }),
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const problems = await check();
  failed += problems.length > 0 ? 1 : 0;
  process.stdout.write(
    `${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}\n${problems.map((problem) => `       ${problem.replaceAll('\n', '\n       ')}\n`).join('')}`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
