// The licences of what is in a bundle: MIT and its like ask that their text goes where the code goes.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/u;
const FILE = /^licen[cs]e(?:\.(?:txt|md))?$/iu;

/** One text of all packages that `inputs` (of esbuild's metafile) come from. Throws for one that brings no licence. */
export function licencesOf(inputs, root) {
  const folders = new Set(Object.keys(inputs).flatMap((path) => FOLDER.exec(path)?.[0] ?? []));
  return [...folders]
    .toSorted()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => FILE.test(entry));
      if (file === undefined) throw new Error(`${name} ${version} (${license}) brings no licence text, and is bundled`);
      return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(78)}\n\n`);
}
