// npm run pack -- [FOLDER]: every package that is published, as the tarball that npm publish sends. Default folder: packed/.
// Tests of the real systems run several at a time and find what was packed for all of them in $PACKED_ALREADY.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publishedPackages } from './checks/packages.mjs';
import { build, fail, root, run } from './setup.mjs';

const folder = resolve(process.argv[2] ?? join(root, 'packed'));
if (process.env.PACKED_ALREADY !== undefined) {
  cpSync(process.env.PACKED_ALREADY, folder, { recursive: true });
  process.exit();
}
build();
run(process.execPath, [join(root, 'scripts/bundle.mjs')], { stdio: ['ignore', 2, 2] });
mkdirSync(folder, { recursive: true });
const workspaces = publishedPackages(root).flatMap(({ name }) => ['--workspace', name]);
const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--pack-destination', folder, ...workspaces], {
  cwd: root,
  encoding: 'utf8',
});
if (status !== 0) fail(`npm pack failed: ${stderr}`);
for (const { filename, unpackedSize, entryCount } of Object.values(JSON.parse(stdout)))
  process.stdout.write(`${join(folder, filename)}  ${entryCount} files, ${Math.round(unpackedSize / 1024)} KB\n`);
