import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where things are by default (wire page, 11.4): decided by the effective user id alone. */
export interface DefaultPaths {
  readonly mode: 'system' | 'user';
  readonly config: string;
  readonly credentials: string;
  readonly database: string;
}

export function defaultPaths(
  env: Readonly<Record<string, string | undefined>> = process.env,
  uid: number = process.geteuid?.() ?? -1,
): DefaultPaths {
  if (uid === 0) {
    return {
      mode: 'system',
      config: '/etc/stormpulse/stormpulse.toml',
      credentials: '/etc/stormpulse',
      database: '/opt/stormpulse/data/stormpulse.db',
    };
  }
  const home = absolute(env['HOME']) ?? homedir();
  const credentials = join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'stormpulse');
  return {
    mode: 'user',
    config: join(credentials, 'stormpulse.toml'),
    credentials,
    database: join(home, '.local/share/stormpulse/stormpulse.db'),
  };
}

/** An empty or relative base directory counts as unset (XDG Base Directory Specification). */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined;
}
