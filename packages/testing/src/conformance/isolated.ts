import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { definePlugin } from '@stormpulse/plugin-api';
import type { Logger, Plugin } from '@stormpulse/plugin-api';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import { settle } from '../fakes/clock.ts';
import { CHECKS } from './checks.ts';
import { definitionOrThrow } from './contributions.ts';

/** Where the code of a plugin runs besides the agent itself. */
export type Isolation = 'process' | 'worker';

/** A plugin whose code runs elsewhere, for checks in this process. */
export interface IsolatedPlugin {
  /** A stand-in of it, each time one that nobody used. */
  readonly load: () => Promise<Plugin>;
  /** Waits until its code is at rest. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The others ask the config's schema, its example and the documents: none runs code of the plugin, and the stand-in's schema takes any config. */
export const CHECKS_OF_CODE = Object.entries(CHECKS).filter(([id]) => !['C02', 'C15', 'C16'].includes(id));
/** As many setups as one check makes, at most. */
const SETUPS = 12;
const silent = (): void => undefined;
const SILENT: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** Runs what a build made of a plugin as an agent does. Rejects with what refuses it. */
export async function isolate(
  name: string,
  { built, config, isolation }: { readonly built: URL; readonly config: object; readonly isolation: Isolation },
): Promise<IsolatedPlugin> {
  const runner = createPluginRunner({ clock: createSystemClock(), logger: () => SILENT, childEntry: childEntry() });
  const source = { name, entry: built.href, tree: outermostPackage(built), config, isolation };
  const close = (): Promise<void> => runner.close();
  const kept = await runner.derive(source).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    // One stand-in stands for one life, and a check sets a plugin up more than once. What is never started starts nothing.
    async load() {
      const lives: Plugin[] = [];
      for (let at = 0; at < SETUPS; at += 1) lives.push(await runner.load({ ...source, kept }));
      const definition = definitionOrThrow(lives[0] as Plugin);
      return definePlugin({
        ...(definition as Parameters<typeof definePlugin>[0]),
        setup(ctx) {
          const life = lives.pop();
          if (life === undefined) throw new Error(`a check makes more than ${SETUPS} setups`);
          definitionOrThrow(life).setup(ctx);
        },
      });
    },
    async settle() {
      await settle();
      await runner.atRest();
      await settle();
    },
    close,
  };
}

/** As Node finds it, whatever runs this file: a process needs what the build made. */
function childEntry(): URL {
  const services = createRequire(import.meta.url).resolve('@stormpulse/services/isolation');
  return new URL('isolation/plugin-child.js', pathToFileURL(services));
}

/** All that its code may import is below it: in a workspace that of the workspace. */
function outermostPackage(built: URL): string {
  let found = dirname(fileURLToPath(built));
  for (let folder = found; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) found = folder;
  return found;
}
