// A second working tree of HEAD in the temporary folder, in which a fault can be planted and taken out again.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes one: `{ root, apply(patch), restore(), remove() }`. `apply` gives git's words when the patch does not fit; `restored` are the
 * files that were as something else when tests ran last.
 */
export function createScratch(project) {
  const parent = mkdtempSync(join(tmpdir(), 'mutants-'));
  const root = join(parent, 'tree');
  git(project, 'worktree', 'add', '--quiet', '--detach', root, 'HEAD');
  linkModules(project, root);
  return {
    root,
    restored: [],
    apply(patch) {
      try {
        git(root, 'apply', '--unidiff-zero', '--recount', patch);
        return undefined;
      } catch (error) {
        return String(error.stderr).trim();
      }
    },
    restore: () => git(root, 'checkout', '--quiet', '--', '.'),
    remove() {
      rmSync(parent, { recursive: true, force: true });
      git(project, 'worktree', 'prune');
    },
  };
}

function git(cwd, ...args) {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
}

/** What npm installed is shared; the links to our own packages are relative, and so lead into the new tree. */
function linkModules(project, root) {
  const from = join(project, 'node_modules');
  const to = join(root, 'node_modules');
  mkdirSync(join(to, '@stormpulse'), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name === '@stormpulse' || (name.startsWith('.') && name !== '.bin')) continue;
    symlinkSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(join(from, '@stormpulse'))) {
    const link = join(to, '@stormpulse', name);
    symlinkSync(readlinkSync(join(from, '@stormpulse', name)), link);
    if (!existsSync(link)) throw new Error(`${link} leads nowhere: node_modules was not installed by npm`);
  }
}
