// A second working tree of HEAD in the temporary folder, in which a fault can be planted and taken out again.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

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

/**
 * What npm installed is shared, a link for each package, as package managers that share do: what may read one package may not read the
 * folder of its scope. The links to our own packages are relative, and so lead into the new tree.
 */
function linkModules(project, root) {
  const from = join(project, 'node_modules');
  const to = join(root, 'node_modules');
  for (const name of packagesIn(from)) {
    const link = join(to, name);
    mkdirSync(dirname(link), { recursive: true });
    const isOwn = name.startsWith('@stormpulse/');
    symlinkSync(isOwn ? readlinkSync(join(from, name)) : join(from, name), link);
    if (!existsSync(link)) throw new Error(`${link} leads nowhere: node_modules was not installed by npm`);
  }
}

function packagesIn(modules) {
  const names = readdirSync(modules).filter((name) => name === '.bin' || !name.startsWith('.'));
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => join(name, own)) : [name],
  );
}
