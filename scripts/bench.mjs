import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, root, run } from './setup.mjs';

build();
run(process.execPath, [join(root, 'scripts/bundle.mjs')], { stdio: ['ignore', 2, 2] });
const { status } = spawnSync(process.execPath, ['--expose-gc', join(root, 'bench/run.mjs'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
