import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, fail, root } from './setup.mjs';

if (process.env['npm_config_once'] !== undefined || process.env['npm_config_state'] !== undefined) {
  fail('npm kept the options for itself; put -- before them: npm start -- --once');
}
build();
const child = spawn(process.execPath, [join(root, 'examples/quick-start/dist/main.js'), ...process.argv.slice(2)], {
  cwd: root,
  // The fourth is a channel whose end tells the other that this process is gone, however it went.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// Ctrl-C reaches the whole terminal group; this process only waits for the other to finish its own shutdown.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
endWithNpm(child);
child.on('error', (error) => fail(`could not start: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));

/** npm passes a SIGTERM to its shell alone, and that passes it to nobody: a new parent is the only sign of it. */
function endWithNpm(child) {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 250).unref();
}
