// npm run -s rules [-- --cases] [--json]: the security rules, or the acceptance cases, and the tests that name them.
import { install, root } from './setup.mjs';

const known = new Set(['--cases', '--json']);
const unknown = process.argv.slice(2).find((argument) => !known.has(argument));
if (unknown === undefined) {
  install();
  const { showRules } = await import('./rules/show-rules.mjs');
  const { text, problem } = showRules(root, {
    cases: process.argv.includes('--cases'),
    json: process.argv.includes('--json'),
  });
  process.stdout.write(`${text}\n`);
  if (problem !== undefined) {
    process.stderr.write(`rules: ${problem}\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write(`rules: ${unknown} is not known; it takes --cases and --json\n`);
  process.exitCode = 2;
}
