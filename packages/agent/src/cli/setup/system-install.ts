import { dirname } from 'node:path';
import type { Program, UnitState } from '@stormpulse/wizard';
import { TomlError, parse } from 'smol-toml';
import { isTable } from '../../config/check-table.ts';
import { defaultPaths } from '../../config/paths.ts';
import { Refused } from '../../errors.ts';
import { packagesFolder } from '../../plugins/plugin-folders.ts';
import { isThere } from './is-there.ts';
import type { Programs, Ran } from './programs.ts';
import { UNIT_FILE } from './setup-paths.ts';
import { systemdUnits } from './systemd-units.ts';

/** Where the agent of the host has what (v1's, and ours). */
export interface SystemPlaces {
  /** The host's file is directly in it. */
  readonly configFolder: string;
  readonly config: string;
  readonly data: string;
  readonly packages: string;
  /** What an operator says besides the unit. */
  readonly dropIns: string;
}

/** What is there of it. */
export interface SystemInstall extends SystemPlaces {
  /** The host's file, whole. */
  readonly text: string;
  readonly database: string;
  readonly project: string | undefined;
  readonly pulseToken: string | undefined;
  /** Those in the folder of the file. */
  readonly certificates: readonly string[];
  readonly hasPackages: boolean;
  readonly unit: UnitState;
}

export function systemPlaces(): SystemPlaces {
  const { config, database } = defaultPaths({}, 0);
  return {
    configFolder: dirname(config),
    config,
    data: dirname(database),
    packages: packagesFolder(database, true),
    dropIns: `/etc/systemd/system/${UNIT_FILE}.d`,
  };
}

/** Makes a program one that root runs; what it is called with is a list. Throws `E_AGENT_REFUSED` where there is no sudo. */
export function rootPrograms(programs: Programs): (name: string, argv: readonly string[]) => Program {
  const sudo = path('sudo', programs, 'what only root may read or stop is read and stopped through it');
  return (name, argv) => ({ file: sudo, argv: ['--', path(name, programs, 'root runs it'), ...argv] });
}

function path(name: string, { find }: Programs, why: string): string {
  const found = find(name);
  if (found === undefined) throw Refused({ what: `this host has no ${name}, and ${why}; install it. Nothing was changed` });
  return found;
}

/** Looks with root's rights and changes nothing. Rejects with `E_AGENT_REFUSED`. */
export async function readSystemInstall(places: SystemPlaces, programs: Programs): Promise<SystemInstall> {
  const { config, configFolder, data, packages } = places;
  if (!isThere(configFolder))
    throw Refused({
      what: `${configFolder} is not there, so this host has no agent to move; an agent of your own is set up by: stormpulse init`,
    });
  const asRoot = rootPrograms(programs);
  const run = async ({ file, argv }: Program): Promise<Ran> =>
    await programs.run(file, argv).catch((error: unknown) => ({ exitCode: 1, stdout: '', stderr: String(error) }));
  const reading = asRoot('cat', [config]);
  const { exitCode, stdout, stderr } = await run(reading);
  if (exitCode !== 0)
    throw Refused({
      what: `${config} could not be read through sudo (${stderr.trim().slice(0, 300)}); expected the file of this host's agent, and a user whom sudo lets run ${reading.argv.slice(1).join(' ')}. Nothing was changed`,
    });
  const value = valuesIn(stdout, config);
  const database = value('storage', 'db_path') ?? '';
  if (dirname(database) !== data)
    throw Refused({
      what: `${config}: storage.db_path is "${database}", expected a file in ${data}, which is what is moved; move the state there, or set an agent of your own up instead: stormpulse init. Nothing was changed`,
    });
  return {
    ...places,
    text: stdout,
    database,
    project: value('project', 'project_dir'),
    pulseToken: value('agent', 'pulse_token'),
    certificates: ['ca_cert', 'client_cert'].flatMap((key) => {
      const certificate = value('tls', key) ?? '';
      return certificate.startsWith(`${configFolder}/`) ? [certificate] : [];
    }),
    hasPackages: (await run(asRoot('test', ['-d', packages]))).exitCode === 0,
    unit: await systemdUnits('system', programs).state(UNIT_FILE),
  };
}

/** Texts of the file, by table and key. Throws `E_AGENT_REFUSED`. */
function valuesIn(text: string, config: string): (table: string, key: string) => string | undefined {
  const file = parsed(text, config);
  return (table, key) => {
    const found = file[table];
    const value = isTable(found) ? found[key] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
}

function parsed(text: string, config: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw Refused(
      { what: `${config}: line ${cause.line} is no TOML; correct it first: sudo stormpulse config check. Nothing was changed` },
      { cause },
    );
  }
}
