// Set-up as a step of `npm start`, `npm test` and the rest: with ignore-scripts npm runs no pre or post script.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM = [20, 19];

/** Runs a program in the project's folder; ends this process with its code when it fails. */
export function run(file, args, options = {}) {
  const result = spawnSync(file, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error !== undefined) fail(`could not run ${file}: ${result.error.message}`);
  if (result.signal !== null) process.exit(1);
  if (result.status !== 0) process.exit(result.status);
}

/** A program of the installed packages. */
export function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Says what is wrong and stops. */
export function fail(message) {
  process.stderr.write(`stormpulse: ${message}\n`);
  process.exit(1);
}

/** Installs what package-lock.json names, once per lock file. Output goes to standard error: stdout is for results. */
export function install() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
    fail(
      `this needs Node ${MINIMUM.join('.')} or newer, this is ${process.versions.node}; on Debian: apt-get install nodejs npm (13 or newer)`,
    );
  }
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.stormpulse-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('Installing dependencies (once)...\n');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.error !== undefined) fail(`could not run npm: ${result.error.message}; on Debian: apt-get install npm`);
  if (result.signal !== null) process.exit(1);
  if (result.status !== 0) {
    fail('npm ci failed, its own words are above; it needs the npm registry this once, and to write here; then try again');
  }
  writeFileSync(stamp, lock);
}

/** Builds what changed since the last build. */
export function build() {
  install();
  const quiet = spawnSync(bin('turbo'), ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  });
  if (quiet.error !== undefined) fail(`could not run the build: ${quiet.error.message}; remove node_modules and try again`);
  if (quiet.status === 0) return;
  process.stderr.write(`${quiet.stdout}\n${quiet.stderr}\n`);
  fail('the build failed; its output is above');
}
