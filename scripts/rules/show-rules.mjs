// The whole of `npm run -s rules`, but for its arguments.
import { join } from 'node:path';
import { coverage, table } from './coverage.mjs';
import { readList } from './read-list.mjs';
import { testNames } from './test-names.mjs';

/** What to print, and a sentence when something that must be named by a test is not (undefined when all is well). */
export function showRules(root, { cases = false, json = false } = {}) {
  const page = `docs/reference/${cases ? 'acceptance-cases' : 'security-rules'}.md`;
  const covered = coverage(readList(join(root, page)), testNames(root));
  const missing = covered.filter(({ state }) => state === 'missing').map(({ id }) => id);
  return {
    text: json ? JSON.stringify(covered, null, 2) : table(covered, cases ? 'case' : 'rule'),
    problem:
      missing.length === 0
        ? undefined
        : `no test names ${missing.join(', ')}; name the test that proves it, or say in ${page} what it waits for`,
  };
}
