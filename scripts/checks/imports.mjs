// Who may import whom, by dependency-cruiser; the table is in .dependency-cruiser.cjs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A tool that saw nothing would find nothing wrong. */
const FEWEST_MODULES = 100;

/** Sentences about imports that may not be; none when all is well. */
export function checkImports(root, tool = join(root, 'node_modules/.bin/depcruise')) {
  const folders = ['packages', 'plugins', 'examples', 'test/src'].filter((folder) => existsSync(join(root, folder)));
  const { stdout, stderr, status } = spawnSync(
    tool,
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders],
    { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  let summary;
  try {
    ({ summary } = JSON.parse(stdout));
  } catch (error) {
    return [`dependency-cruiser did not answer (exit ${status}): ${stderr || String(error)}`];
  }
  if (summary.totalCruised < FEWEST_MODULES)
    return [`dependency-cruiser saw ${summary.totalCruised} modules only; it would find nothing wrong`];
  return summary.violations.map(
    ({ rule, from, to, cycle }) =>
      `${rule.name}: ${from} imports ${cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ')}`,
  );
}
