import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

/** Loads a plugin shipped with the agent. */
export async function loadFirstParty(name: string): Promise<unknown> {
  return (await firstPartyModule(name))['default'];
}

/** All that its module gives: beside the bundle as `plugins/<name>.js`, else the package of that name. */
export async function firstPartyModule(name: string): Promise<Readonly<Record<string, unknown>>> {
  const bundled = new URL(`plugins/${name}.js`, import.meta.url);
  const url = existsSync(fileURLToPath(bundled))
    ? bundled
    : pathToFileURL(createRequire(import.meta.url).resolve(`@stormpulse/plugin-${name}`));
  return (await import(url.href)) as Readonly<Record<string, unknown>>;
}
