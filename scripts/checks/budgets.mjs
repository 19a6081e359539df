// Budgets of docs/adr/0003: the kernel stays small, a file is one job, the agent's dependencies are counted.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const KERNEL_LINES = 2_500;
const FILE_LINES = 300;

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'build', 'bundle'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(?:tsx?|mjs|css)$/u.test(entry.name) && !/\.test\.tsx?$|\.d\.ts$/u.test(entry.name) ? [path] : [];
  });
}

const linesOf = (path) => readFileSync(path, 'utf8').split('\n').length - 1;

/** Sentences about what is over budget; none when all is well. */
export function checkBudgets(root) {
  const problems = [];
  const files = ['packages', 'plugins', 'examples', 'test/src', 'scripts', 'bench'].flatMap((folder) =>
    sources(join(root, folder)),
  );
  for (const file of files) {
    const lines = linesOf(file);
    if (lines > FILE_LINES)
      problems.push(`${relative(root, file)} has ${lines} lines; a file is one job, at most ${FILE_LINES}: split it`);
  }
  const kernel = sources(join(root, 'packages/kernel/src'));
  const total = kernel.reduce((sum, file) => sum + linesOf(file), 0);
  if (kernel.length === 0) problems.push('packages/kernel/src holds no source: is this the right folder?');
  if (total > KERNEL_LINES)
    problems.push(
      `the kernel has ${total} lines, at most ${KERNEL_LINES}: move what is not connection, verification, registry or dispatch behind a port`,
    );
  return problems;
}
