import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PluginIntegrity, PluginTree } from './errors.ts';
import { isOutOfReach, strayModules } from './out-of-reach.ts';
import { packageFacts } from './package-facts.ts';
import type { PackageFacts } from './package-facts.ts';
import { readTree } from './read-tree.ts';
import { treeHash } from './tree-digest.ts';
import type { TreeFile } from './tree-rules.ts';
import { treeWriter } from './write-tree.ts';

export interface VerifiedTree {
  /** Where the bytes that were hashed are, for as long as the agent runs. */
  readonly folder: string;
  readonly facts: PackageFacts;
  /** The tree itself; false: a copy of it. */
  readonly isInPlace: boolean;
}

export interface OpenVerified {
  readonly folder: string;
  /** `sha512-…` of the tree. */
  readonly integrity: string;
  readonly agentUid: number;
  /** Made when it is needed; the caller removes it. */
  readonly copiesFolder: string;
  /** The copy's name begins with it. */
  readonly copyName: string;
}

/**
 * Hashes a tree and gives the place where just those bytes are (SEC-201): the tree itself where root alone can change it, else a copy
 * made while they were hashed. Nothing of it is run. Throws `E_PLUGIN_TREE`, `E_PLUGIN_INTEGRITY`, `E_PLUGIN_PACKAGE`.
 */
export function openVerified(options: OpenVerified): VerifiedTree {
  const { folder, integrity, agentUid, copiesFolder, copyName } = options;
  if (isOutOfReach(folder, agentUid)) return { folder, facts: verifyTree(folder, integrity), isInPlace: true };
  mkdirSync(copiesFolder, { recursive: true, mode: 0o700 });
  const stray = strayModules(join(copiesFolder, copyName), agentUid);
  if (stray !== undefined)
    throw PluginTree({
      where: stray,
      problem: "is another user's, and a module could be taken from it",
      expected: 'no such folder',
    });
  const own = mkdtempSync(join(copiesFolder, `${copyName}-`));
  const copy = join(own, 'tree');
  try {
    const write = treeWriter(copy, 'private');
    return { folder: copy, facts: verifyTree(folder, integrity, write), isInPlace: false };
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
}

/** Hashes a tree and reads what its package says of itself; `keep` gets each file as it was hashed. Throws as {@link openVerified}. */
export function verifyTree(folder: string, integrity: string, keep: (file: TreeFile) => void = () => undefined): PackageFacts {
  const digest = treeHash();
  const paths = new Set<string>();
  let manifest: Uint8Array | undefined;
  for (const file of readTree(folder)) {
    digest.add(file);
    keep(file);
    paths.add(file.path);
    if (file.path === 'package.json') manifest = file.bytes;
  }
  const found = digest.integrity();
  if (found !== integrity) throw PluginIntegrity({ folder, integrity, found });
  return packageFacts(manifest, paths);
}
