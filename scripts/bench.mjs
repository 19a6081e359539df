import { join } from 'node:path';
import { build, fail, root, run } from './setup.mjs';

const asked = process.argv.slice(2);
const bench = [process.execPath, '--expose-gc', join(root, 'bench/run.mjs'), ...asked];

/** MeshCentral is measured where no packet can leave: a network that has loopback alone, with all that is measured beside it. */
function inOwnNetwork(command) {
  if (process.geteuid() !== 0) fail('--meshcentral needs a network of its own; run it as root, or leave --meshcentral out');
  return ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command];
}

build();
run(process.execPath, [join(root, 'scripts/bundle.mjs')], { stdio: ['ignore', 2, 2] });
const [file, ...args] = asked.includes('--meshcentral') ? inOwnNetwork(bench) : bench;
run(file, args);
