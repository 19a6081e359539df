import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GaveUp, terminalAsker } from '@stormpulse/wizard';
import { Refused } from '../../errors.ts';
import { guardProcess } from '../../host/start-guards.ts';
import { readAnswersFile } from './answers-file.ts';
import { shippedPlugins } from './find-wizards.ts';
import { systemPrograms } from './programs.ts';
import type { SetupDeps } from './setup-deps.ts';
import { setupPaths } from './setup-paths.ts';
import { systemdUnits } from './systemd-units.ts';

export interface SetupRequest {
  readonly system: boolean;
  readonly user: boolean;
  readonly answers?: string;
  readonly asksNobody?: boolean;
  readonly say: (line: string) => void;
}

/** Gives a set-up command this host and this terminal. Ctrl-C takes back what was begun. Rejects with what the command does, `E_AGENT_REFUSED`. */
export async function withSetup(request: SetupRequest, work: (deps: SetupDeps) => Promise<boolean>): Promise<boolean> {
  guardProcess();
  const paths = setupPaths(request);
  // What is made is for its owner alone unless a step says otherwise (SEC-169).
  process.umask(0o077);
  const answers = request.answers === undefined ? undefined : readAnswersFile(request.answers);
  if (answers === undefined && request.asksNobody !== true && !process.stdin.isTTY)
    throw Refused({
      what: 'nobody is at this terminal to answer; write the answers to a file and pass --answers FILE, or --yes where only that is asked. Nothing was changed',
    });
  const programs = systemPrograms();
  const main = realpathSync(process.argv[1] ?? '');
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error('it was interrupted'));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  try {
    return await work({
      paths,
      env: process.env,
      asker: terminalAsker(),
      answers,
      print: (line) => process.stdout.write(`${line}\n`),
      program: { node: realpathSync(process.execPath), main, units: unitsFolder(main) },
      programs,
      units: systemdUnits(paths.mode, programs),
      plugins: shippedPlugins(),
      signal: stop.signal,
    });
  } catch (error) {
    if (error instanceof GaveUp) throw Refused({ what: error.message }, { cause: error });
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onSignal);
  }
}

/** Beside the bundle; in a clone beside the package. */
function unitsFolder(main: string): string {
  const folder = dirname(main);
  return folder.endsWith('/dist') ? join(dirname(folder), 'units') : join(folder, 'units');
}
