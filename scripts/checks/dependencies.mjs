// What the agent ships, in full, as text: growth is a diff that somebody reviews.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const LIST = 'docs/reference/agent-dependencies.txt';
const OPTIONAL_PREFIX = '@libsql/';

/** The transitive runtime dependencies of the agent with their versions, from the lock file. */
export function agentDependencies(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found = new Map();
  const visit = (from, name) => {
    const path = locate(packages, from, name);
    if (path === undefined) return;
    const entry = packages[path].link === true ? packages[packages[path].resolved] : packages[path];
    const key = name.startsWith('@stormpulse/') ? name : `${name} ${entry.version}`;
    if (found.has(key)) return;
    found.set(key, true);
    const folder = packages[path].link === true ? packages[path].resolved : path;
    for (const next of Object.keys(shipped(entry, name))) visit(folder, next);
    if (name.startsWith('@stormpulse/'))
      for (const next of Object.keys(entry.peerDependencies ?? {}))
        if (entry.peerDependenciesMeta?.[next]?.optional !== true) visit(folder, next);
  };
  visit('', '@stormpulse/agent');
  return [...found.keys()].filter((line) => !line.startsWith(OPTIONAL_PREFIX)).sort((a, b) => (a < b ? -1 : 1));
}

/** The agent is published as a bundle: what stands in it is installed to build it, and is no dependency of the package. */
function shipped({ dependencies, devDependencies }, name) {
  return name === '@stormpulse/agent' ? { ...dependencies, ...devDependencies } : (dependencies ?? {});
}

function locate(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '' || !folder.includes('node_modules'))
      return packages[`node_modules/${name}`] === undefined ? undefined : `node_modules/${name}`;
  }
}

/** Sentences about what differs from the committed list, scripts that would run, and hosts in the lock file. */
export function checkDependencies(root, { update = false } = {}) {
  const problems = [];
  const listed = join(root, LIST);
  const now = `${agentDependencies(root).join('\n')}\n`;
  if (update) writeFileSync(listed, now);
  const before = existsSync(listed) ? readFileSync(listed, 'utf8') : '';
  const added = now.split('\n').filter((line) => !before.split('\n').includes(line));
  const gone = before.split('\n').filter((line) => !now.split('\n').includes(line));
  if (added.length + gone.length > 0) {
    problems.push(
      `${LIST} is not what the lock file says (new: ${added.join(', ') || 'none'}; gone: ${gone.join(', ') || 'none'}); if that is meant, run: npm run check -- --update`,
    );
  }
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (/"resolved": "https?:/u.test(lock))
    problems.push('package-lock.json names a host; run npm install with omit-lockfile-registry-resolved=true');
  const documented = existsSync(join(root, 'docs/dependencies.md'))
    ? readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
    : '';
  const { packages } = JSON.parse(lock);
  const direct = new Set(
    Object.entries(packages)
      .filter(([path]) => /^(?:packages|plugins)\//u.test(path))
      .flatMap(([, entry]) => Object.keys(shipped(entry, entry.name))),
  );
  for (const name of direct) {
    if (!name.startsWith('@stormpulse/') && !documented.includes(`\`${name}\``))
      problems.push(`runtime dependency ${name} has no line in docs/dependencies.md`);
  }
  return problems;
}
