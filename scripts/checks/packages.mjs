import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The packages that go to a registry: those of packages/ that are not private (docs/adr/0014). */
export function publishedPackages(root) {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const path = join(root, 'packages', folder);
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    return manifest.private === true ? [] : [{ name: manifest.name, folder: path, manifest }];
  });
}
