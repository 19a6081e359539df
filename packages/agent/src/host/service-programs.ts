import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** systemd's own programs, as `restart` and `logs` use them: by absolute path, words in a list, no shell. */
export interface ServicePrograms {
  /** Whose unit the agent of this terminal is: the host's, or this user's. */
  readonly scope: 'system' | 'user';
  readonly isRoot: boolean;
  /** Where it lies; undefined when this host has none. */
  readonly find: (name: 'journalctl' | 'systemctl') => string | undefined;
  /** Runs it in this terminal, to its end. `watch` sees what goes by on standard output. */
  readonly run: (file: string, args: readonly string[], watch?: (text: string) => void) => Promise<number>;
}

export const UNIT = 'stormpulse';
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const SYSTEM_UNITS = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

export function servicePrograms(env: Readonly<Record<string, string | undefined>> = process.env): ServicePrograms {
  const isRoot = process.geteuid?.() === 0;
  return { scope: scopeOf(isRoot, env), isRoot, find: programPath, run };
}

/** The caller's id alone does not tell: a person who looks at the host's agent need not be root. */
function scopeOf(isRoot: boolean, env: Readonly<Record<string, string | undefined>>): 'system' | 'user' {
  if (isRoot) return 'system';
  const own = join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'systemd/user', `${UNIT}.service`);
  if (existsSync(own)) return 'user';
  return SYSTEM_UNITS.some((folder) => existsSync(join(folder, `${UNIT}.service`))) ? 'system' : 'user';
}

/** Where a program of the system lies. A search path could name another. */
export function programPath(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error) return false;
      throw error;
    }
  });
}

function run(file: string, args: readonly string[], watch?: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['inherit', watch === undefined ? 'inherit' : 'pipe', 'inherit'] });
    // Ctrl-C is for the program, which the terminal tells too; its end is ours.
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    child.stdout?.on('data', (chunk: Buffer) => watch?.(chunk.toString('utf8')));
    child.stdout?.pipe(process.stdout, { end: false });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', ignore);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
