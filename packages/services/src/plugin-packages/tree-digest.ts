import { createHash, hash } from 'node:crypto';
import type { TreeFile } from './tree-rules.ts';

/** So that no other digest can be taken for one of a tree. */
const DOMAIN = 'stormpulse-plugin-tree-v1\0';

/**
 * The digest of a tree, `sha512-` and base64: SHA-512 over a domain, then for each file in byte order of its path the length of the
 * path (4 bytes, big-endian), the path, the size (8 bytes), the SHA-512 of the content. Folders, modes and times do not count.
 */
export function treeHash(): { readonly add: (file: TreeFile) => void; readonly integrity: () => string } {
  const whole = createHash('sha512').update(DOMAIN);
  return {
    add({ path, bytes }) {
      const name = Buffer.from(path);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(name.length);
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(BigInt(bytes.length));
      whole
        .update(head)
        .update(name)
        .update(size)
        .update(hash('sha512', bytes, 'buffer'));
    },
    integrity: () => `sha512-${whole.digest('base64')}`,
  };
}

/** {@link treeHash} of files that are in tree order. */
export function treeDigest(files: Iterable<TreeFile>): string {
  const digest = treeHash();
  for (const file of files) digest.add(file);
  return digest.integrity();
}
