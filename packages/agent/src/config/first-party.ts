import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

/** Loads a plugin shipped with the agent: beside the bundle as `plugins/<name>.js`, else the package of that name. */
export async function loadFirstParty(name: string): Promise<unknown> {
  const bundled = new URL(`plugins/${name}.js`, import.meta.url);
  const url = existsSync(fileURLToPath(bundled))
    ? bundled
    : pathToFileURL(createRequire(import.meta.url).resolve(`@stormpulse/plugin-${name}`));
  const loaded = (await import(url.href)) as { readonly default?: unknown };
  return loaded.default;
}
