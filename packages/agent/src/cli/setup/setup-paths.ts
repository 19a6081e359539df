import { dirname, join } from 'node:path';
import type { Owner } from '@stormpulse/wizard';
import { defaultPaths } from '../../config/paths.ts';
import type { DefaultPaths } from '../../config/paths.ts';
import { Refused } from '../../errors.ts';
import { UNIT } from '../../host/service-programs.ts';

export const UNIT_FILE = `${UNIT}.service`;

/** Where an installation puts what. */
export interface SetupPaths extends DefaultPaths {
  /** The agent's state. */
  readonly data: string;
  readonly unit: string;
  /** Whom the agent runs as; undefined: whoever sets it up. */
  readonly account: (Owner & { readonly home: string }) | undefined;
}

export interface ModeOptions {
  readonly system: boolean;
  readonly user: boolean;
}

/** By the user id alone; the options only say that one means it. Throws `E_AGENT_REFUSED` for a mode that this user cannot set up. */
export function setupPaths(
  options: ModeOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
  uid = process.geteuid?.() ?? -1,
): SetupPaths {
  const isRoot = uid === 0;
  if (options.system && options.user)
    throw Refused({
      what: '--system and --user exclude each other; leave both out: root sets up the host, anybody else themselves',
    });
  if (options.user && isRoot)
    throw Refused({
      what: 'an agent of a user is set up by that user: run stormpulse init as that user, or leave --user out for the agent of this host',
    });
  if (options.system && !isRoot)
    throw Refused({
      what: 'the agent of a host is set up by root: run sudo stormpulse init, or leave --system out for an agent of your own',
    });
  const paths = defaultPaths(env, uid);
  const data = dirname(paths.database);
  if (isRoot) {
    const account = { user: 'stormpulse', group: 'stormpulse', home: dirname(data) };
    return { ...paths, data, unit: join('/etc/systemd/system', UNIT_FILE), account };
  }
  return { ...paths, data, unit: join(dirname(paths.credentials), 'systemd/user', UNIT_FILE), account: undefined };
}
