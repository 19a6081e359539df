import { PluginTree } from './errors.ts';

/** What a package may amount to, its dependencies included (SEC-201). Bytes. */
export const TREE_LIMITS = {
  files: 4_096,
  bytes: 32 * 1024 * 1024,
  fileBytes: 8 * 1024 * 1024,
  depth: 16,
  pathBytes: 240,
} as const;

/** One file of a package; `path` is relative, its parts joined by `/`. */
export interface TreeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What happens to a name that begins with a dot: an installer may leave those of dependencies out, a loader takes none. */
export type DotNames = 'refuse' | 'leaveOutOfDependencies';

/** Whether a path belongs to the tree; false: it is left out. Throws `E_PLUGIN_TREE` (SEC-202). */
export function belongs(path: string, dotNames: DotNames): boolean {
  const parts = path.split('/');
  const refuse = (problem: string, expected: string): never => {
    throw PluginTree({ where: path, problem, expected });
  };
  if (path.startsWith('/')) refuse('is absolute', 'a path inside the package');
  if (/[\\\p{Cc}\uFFFD]/u.test(path)) refuse('holds a backslash, a control character or no UTF-8', 'a plain name');
  if (parts.includes('..')) refuse('leaves the package', 'a path inside it');
  if (parts.some((part) => part === '' || part === '.')) refuse('has an empty or "." part', 'a path in its shortest form');
  if (parts.length > TREE_LIMITS.depth) refuse('is too deep', `at most ${TREE_LIMITS.depth} levels`);
  if (Buffer.byteLength(path) > TREE_LIMITS.pathBytes) refuse('is too long a path', `at most ${TREE_LIMITS.pathBytes} bytes`);
  const dotted = parts.findIndex((part) => part.startsWith('.'));
  if (dotted < 0) return true;
  if (dotNames === 'leaveOutOfDependencies' && parts.slice(0, dotted).includes('node_modules')) return false;
  return refuse('begins with a dot', 'none of those in a package; its author leaves them out, as npm pack does');
}

/** Adds up what a tree amounts to. Throws `E_PLUGIN_TREE` at the first file too many. */
export class TreeCount {
  #files = 0;
  #bytes = 0;

  get files(): number {
    return this.#files;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(path: string, bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    const { files, fileBytes, bytes: most } = TREE_LIMITS;
    if (this.#files > files)
      throw PluginTree({ where: path, problem: 'is one file too many', expected: `at most ${files} files` });
    if (bytes > fileBytes)
      throw PluginTree({ where: path, problem: `is ${bytes} bytes`, expected: `at most ${fileBytes} a file` });
    if (this.#bytes > most)
      throw PluginTree({ where: path, problem: 'makes the package too large', expected: `at most ${most} bytes in all` });
  }
}

/** In byte order of their paths, as the digest takes them. */
export function inTreeOrder<T extends { readonly path: string }>(files: readonly T[]): T[] {
  return files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}
