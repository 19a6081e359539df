import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Refused } from '../../errors.ts';
import { printable } from '../../host/printable.ts';

const PASSED = ['PATH', 'LANG', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];
const FOLDERS = ['/usr/bin', '/usr/local/bin'];
const TIMEOUT_MS = 300_000;

/**
 * `npm ARGS` in a folder: no shell, a home of its own, nobody's settings but the registry. Gives what it printed. Rejects with
 * `E_AGENT_REFUSED` and the end of what it said.
 */
export function npmIn(registry: string | undefined): (args: readonly string[], cwd: string) => Promise<string> {
  return async (args, cwd) => {
    const home = mkdtempSync(join(tmpdir(), 'stormpulse-npm-'));
    const env = {
      ...Object.fromEntries(PASSED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))),
      HOME: home,
      npm_config_cache: join(home, 'cache'),
      npm_config_ignore_scripts: 'true',
      ...(registry === undefined ? {} : { npm_config_registry: registry }),
    };
    try {
      return await run(npmPath(), args, cwd, env);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  };
}

function npmPath(): string {
  const found = [dirname(process.execPath), ...FOLDERS]
    .map((folder) => join(folder, 'npm'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error) return false;
        throw error;
      }
    });
  if (found !== undefined) return found;
  throw Refused({
    what: 'npm was expected beside node or in /usr/bin and is not there; install it, or give a tarball with its dependencies in it',
  });
}

function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-64_000)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4_000)));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const said = printable(stderr.trim().split('\n').slice(0, 3).join('; '), 600);
      reject(Refused({ what: `npm ${args[0] ?? ''} ended with ${code ?? signal ?? ''}: ${said}` }));
    });
  });
}
