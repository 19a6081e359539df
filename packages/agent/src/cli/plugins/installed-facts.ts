import { lstatSync } from 'node:fs';
import { packageFacts, readTree } from '@stormpulse/services/plugin-packages';
import type { PackageFacts } from '@stormpulse/services/plugin-packages';

/** What an installed package says of itself, read as data; undefined when it is not there. Throws `E_PLUGIN_TREE`, `E_PLUGIN_PACKAGE`. */
export function installedFacts(folder: string): PackageFacts | undefined {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  let manifest: Uint8Array | undefined;
  const paths = new Set<string>();
  for (const { path, bytes } of readTree(folder)) {
    paths.add(path);
    if (path === 'package.json') manifest = bytes;
  }
  return packageFacts(manifest, paths);
}
