// The faults of test/mutants: patches of a line or two, whose first lines say which rule they break and which tests must notice.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const FOLDER = 'test/mutants';
const BUILT = '# built';

/**
 * All faults in the order of their names: `{ name, path, rule, what, tests, built, changed }`; `built`: its tests run the
 * built agent; `changed`: the files it changes. Throws on a file that does not say what it is.
 */
export function readFaults(root) {
  return readdirSync(join(root, FOLDER))
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => {
      const path = join(root, FOLDER, name);
      return { name: name.slice(0, -'.patch'.length), path, ...parseHead(name, readFileSync(path, 'utf8')) };
    });
}

/** The first lines of a patch: two, or three when its tests run the built agent. */
export function parseHead(name, text) {
  const [first = '', second = '', third] = text.split('\n');
  const [, rule, what] = /^# (SEC-\d{3}): (\S.*)$/u.exec(first) ?? [];
  const tests = /^# test: (\S.*)$/u.exec(second)?.[1].split(/\s+/u);
  if (rule === undefined || tests === undefined || !name.startsWith(`${rule}-`)) {
    throw new Error(
      `${FOLDER}/${name}: expected "# SEC-000: what it takes out" and "# test: path" as its first lines, and the rule at the head of its name`,
    );
  }
  if (!/^-(?!-- )/mu.test(text))
    throw new Error(`${FOLDER}/${name}: takes no line out; git finds the place of a change by the lines it replaces`);
  const changed = [...text.matchAll(/^\+\+\+ b\/(\S+)$/gmu)].map(([, path]) => path);
  return { rule, what, tests, built: third === BUILT, changed };
}
