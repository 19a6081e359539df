// npm run test:faults [-- --seed N] [--only NAME] [--rounds N]: the fault suite, under ten minutes. Root plays it in a network of
// its own, where packets can be dropped and nothing else is reached.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bin, build, root, run } from './setup.mjs';

const UNSHARE = '/usr/bin/unshare';

build();
run(bin('tsc'), ['-b', 'test']);
run(process.execPath, [join(root, 'scripts/bundle.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
const suite = [process.execPath, '--expose-gc', join(root, 'test/dist/faults/main.js'), ...process.argv.slice(2)];
const [file, ...args] = process.geteuid() === 0 && existsSync(UNSHARE) ? [UNSHARE, '--net', ...suite] : suite;
run(file, args);
