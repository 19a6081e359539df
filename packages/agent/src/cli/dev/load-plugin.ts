import { execFile } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, createSystemClock } from '@stormpulse/services';
import { Refused } from '../../errors.ts';
import { loadConfig } from '../../config/load.ts';
import { isolatingRunner } from '../../plugins/isolating-runner.ts';
import { addPlugin } from '../plugins/add.ts';
import { readPackage, stagePackage } from './stage-package.ts';

const MAX_SAID_BYTES = 16 * 1024 * 1024;

export interface LoadOptions {
  readonly isolation: 'process' | 'worker' | 'none';
  readonly settings?: string;
}

/**
 * Builds, packs, installs and grants the plugin as it is now, and writes the agent's file with it: only when all of that went well.
 * Returns the plugin's name. Rejects with `E_AGENT_REFUSED`, `E_PLUGIN_*`.
 */
export async function loadPlugin(folder: string, state: string, base: string, options: LoadOptions): Promise<string> {
  await build(folder);
  const staged = join(state, 'packed');
  stagePackage(folder, staged);
  const example = join(folder, 'config.example.toml');
  const settings = options.settings ?? (existsSync(example) ? example : undefined);
  const next = join(state, 'next.toml');
  writeFileSync(next, base, { mode: 0o600 });
  const adding = {
    isolation: options.isolation,
    yes: true,
    allowOlder: true,
    ...(settings === undefined ? {} : { settings }),
  };
  await addPlugin(next, staged, adding, {
    runnerAs: () => isolatingRunner({ clock: createSystemClock(), logger: createLogger({ level: 'ERROR' }) }),
    ask: () => Promise.resolve(true),
    print: () => undefined,
    npm: () => Promise.reject(Refused({ what: `${folder} needs packages that are not installed there; run npm install` })),
  });
  const [entry] = loadConfig(next).config.packages;
  if (entry === undefined) throw Refused({ what: `the plugin of ${folder} was not written to ${next}` });
  renameSync(next, join(state, 'stormpulse.toml'));
  return entry.name;
}

/** Not in one go: the hub is in this process, and would drop the connections that it cannot answer meanwhile. */
async function build(folder: string): Promise<void> {
  if (readPackage(folder).scripts?.['build'] === undefined) return;
  await new Promise<void>((resolve, reject) => {
    execFile('npm', ['run', '--silent', 'build'], { cwd: folder, maxBuffer: MAX_SAID_BYTES }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else if (typeof error.code === 'string') reject(Refused({ what: `npm could not be run in ${folder}: ${error.message}` }));
      else reject(Refused({ what: `npm run build failed:\n${stdout}${stderr}`.trimEnd() }));
    });
  });
}
