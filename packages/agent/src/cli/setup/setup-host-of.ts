import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Owner, SetupHost, Units } from '@stormpulse/wizard';
import { groupId } from '../../host/group-id.ts';
import { processMark } from '../../host/process-mark.ts';
import { editTable } from './config-text.ts';
import { editing } from './editing.ts';
import type { Programs } from './programs.ts';

export interface SetupHostOptions {
  readonly config: string;
  readonly programs: Programs;
  readonly units: Units;
  readonly told: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What set-ups of this host touch: a plan of the agent's own has no probes. */
export function setupHostOf({ config, programs, units, told, signal }: SetupHostOptions): SetupHost {
  return {
    folder: setupFolder(config),
    config,
    editTable: (text, table, values) =>
      editing(config, () => editTable(text, table, values), `[${table.join('.')}] with ${Object.keys(values).join(', ')}`),
    idsOf,
    run: (file, argv, into) => (into === undefined ? programs.run(file, argv) : programs.pipe({ file, argv }, into)),
    units,
    probe: (id) => Promise.resolve(`there is no probe "${id}"`),
    check: async () => await configProblem(config),
    processMark,
    now: Date.now,
    told,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Journal, lock and receipts: beside the host's file, since only its owner sets up. */
export function setupFolder(config: string): string {
  return join(dirname(config), 'setup');
}

/** What would keep the agent from starting with the file as it is now, in its own words. */
async function configProblem(config: string): Promise<string | undefined> {
  const { checkConfigFile } = await import('../config-check.ts');
  const { ok, fatal } = await checkConfigFile(config);
  return ok ? undefined : fatal.map(({ text }) => text).join('\n');
}

/** Throws when there is no such account. */
export function idsOf({ user, group }: Owner): { readonly uid: number; readonly gid: number } {
  const uid = userId(user);
  const gid = groupId(group);
  if (uid === undefined || gid === undefined)
    throw new Error(`there is no ${uid === undefined ? `user "${user}"` : `group "${group}"`}`);
  return { uid, gid };
}

export function userId(name: string, file = '/etc/passwd'): number | undefined {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const text = line?.split(':')[2] ?? '';
  return /^\d+$/u.test(text) ? Number(text) : undefined;
}
