import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, fail, root } from './setup.mjs';

build();
const child = spawn(process.execPath, [join(root, 'examples/quick-start/dist/main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C reaches the whole terminal group; this process only waits for the other to finish its own shutdown.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => fail(`could not start: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
