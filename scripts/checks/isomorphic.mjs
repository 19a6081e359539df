// The protocol runs in a browser: no `node:` import outside its one binding file, however it is written.
import { readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';

const BINDING = 'node.ts';

/** Sentences about imports of Node's own modules; none when all is well. */
export function checkNode(root) {
  const folder = join(root, 'packages/protocol/src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== BINDING)
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const named = [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/gu)].map((match) => match[1]);
      return named
        .filter((module) => module.startsWith('node:') || builtinModules.includes(module))
        .map((module) => `packages/protocol/src/${name} imports ${module}; only src/${BINDING} may`);
    });
}
