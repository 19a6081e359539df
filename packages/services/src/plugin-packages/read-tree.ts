import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { PluginTree } from './errors.ts';
import { TREE_LIMITS, TreeCount, belongs, inTreeOrder } from './tree-rules.ts';
import type { DotNames, TreeFile } from './tree-rules.ts';

/**
 * Every file of a folder in tree order, each read once: regular files alone. What it gives is what counts, whatever becomes of the
 * folder meanwhile. Throws `E_PLUGIN_TREE`, and what the file system says.
 */
export function* readTree(folder: string, dotNames: DotNames = 'refuse'): Generator<TreeFile> {
  const count = new TreeCount();
  for (const { path } of inTreeOrder(listFiles(folder, dotNames))) {
    const bytes = readOnce(folder, path);
    count.add(path, bytes.length);
    yield { path, bytes };
  }
}

function listFiles(folder: string, dotNames: DotNames): { readonly path: string }[] {
  const found: { readonly path: string }[] = [];
  const folders = [''];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true, encoding: 'buffer' })) {
      const path = `${below}${utf8(entry.name)}`;
      if (!belongs(path, dotNames)) continue;
      if (entry.isDirectory()) folders.push(`${path}/`);
      else if (entry.isFile()) found.push({ path });
      else throw PluginTree({ where: path, problem: 'is a link or a device', expected: 'regular files alone' });
      if (found.length + folders.length > TREE_LIMITS.files)
        throw PluginTree({ where: path, problem: 'is one file too many', expected: `at most ${TREE_LIMITS.files} files` });
    }
  }
  return found;
}

/** What is no UTF-8 becomes a character that no name may hold. */
function utf8(name: Buffer): string {
  return name.toString('utf8');
}

function readOnce(folder: string, path: string): Buffer {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(join(folder, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    const changed = (problem: string) =>
      PluginTree({ where: path, problem, expected: 'a package that nobody changes meanwhile' });
    if (!stat.isFile()) throw changed('became something else while it was read');
    if (stat.size > TREE_LIMITS.fileBytes) new TreeCount().add(path, stat.size);
    const bytes = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (length !== stat.size) throw changed('grew or shrank while it was read');
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
