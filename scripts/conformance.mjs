// Runs the conformance tool on the built code, building it first when it is missing or older than its sources.
// Only the tool itself writes to standard output.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tool = join(root, 'test/dist/conformance/main.js');
const stamp = join(root, 'test/dist/.conformance-stamp');

function newestIn(directory) {
  let newest = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && !entry.name.includes('.test.'))
      newest = Math.max(newest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return newest;
}

function sourceFolders() {
  const packages = ['packages', 'plugins'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  );
  return [...packages, join(root, 'test')].map((folder) => join(folder, 'src')).filter((folder) => existsSync(folder));
}

function isBuilt() {
  if (!existsSync(tool) || !existsSync(join(root, 'packages/protocol/dist/index.js')) || !existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return sourceFolders().every((folder) => newestIn(folder) <= built);
}

function build() {
  const started = new Date();
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-b', 'test'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) {
    writeFileSync(stamp, '');
    utimesSync(stamp, started, started);
  }
  if (status !== 0) process.stderr.write('conformance: the build reported problems, see above\n');
  return status === 0 || existsSync(tool);
}

if (isBuilt() || build()) {
  // A relative folder is meant from where npm was called.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const { status } = spawnSync(process.execPath, [tool, ...process.argv.slice(2)], { cwd, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else process.exitCode = 1;
