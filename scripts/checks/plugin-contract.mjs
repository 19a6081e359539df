// The version of the contract with plugins says what happened to it since it was released (docs/reference/plugin-contract.md).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportPath } from './api-reports.mjs';
import { compareApis } from './api/compare.mjs';
import { asReleased, parseReport } from './api/report.mjs';

export const CURRENT = reportPath('plugin-api');
export const RELEASED = 'packages/plugin-api/api-released.md';
const VERSION_IN = 'API_VERSION in packages/plugin-api/src/plugin.ts';

/**
 * Sentences about a contract that changed more than its version says; none when all is well. Reads the two reports. With `release` the
 * current one is kept as the released one, if its version allows that.
 */
export function checkPluginContract(root, { release = false } = {}) {
  const now = readFileSync(join(root, CURRENT), 'utf8');
  const path = join(root, RELEASED);
  const keep = () => writeFileSync(path, asReleased(now));
  if (!existsSync(path)) {
    if (!release)
      return [
        `${RELEASED} is not there; it is the contract of the last release. Write it with: npm run check -- --release-contract`,
      ];
    keep();
    return [];
  }
  const { released, current, changes } = contractChanges(root);
  const problems = versionProblems(released, current, changes);
  if (problems.length === 0 && release) keep();
  return problems;
}

/** The released version, the current one, and what changed between them. */
export function contractChanges(root) {
  const [released, current] = [RELEASED, CURRENT].map((path) => parseReport(readFileSync(join(root, path), 'utf8')));
  return {
    released: released.version,
    current: current.version,
    changes: compareApis(released, current, join(root, 'packages/plugin-api')),
  };
}

/** A sentence when `current` says less than what changed since `released`. */
export function versionProblems(released, current, changes) {
  const wanted = versionAfter(released, changes);
  return isAtLeast(current, wanted) ? [] : [sentence(released, current, wanted, changes)];
}

function versionAfter(version, changes) {
  const [major, minor] = numbers(version);
  if (changes.some(({ level }) => level === 'major')) return `${major + 1}.0`;
  return changes.length > 0 ? `${major}.${minor + 1}` : version;
}

const numbers = (version) => version.split('.').map(Number);

function isAtLeast(version, wanted) {
  const [[major, minor], [wantedMajor, wantedMinor]] = [numbers(version), numbers(wanted)];
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function sentence(released, current, wanted, changes) {
  const lines = changes.map(({ level, text }) => `  ${level}: ${text}`).sort();
  return `the plugin contract calls itself ${current}; what changed since ${released} asks for ${wanted}: undo it, or set ${VERSION_IN}\n${lines.join('\n')}`;
}
