// SEC-101: no program is started through a shell. Words are looked for, not imports followed: `shell` is only ever false.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FORBIDDEN = [
  [/\bshell\s*:(?!\s*false\b)/u, 'shell may only be false'],
  [
    /\{[^}]*\b(?:exec|execSync)\b[^}]*\}\s*(?:from|=\s*(?:await\s+)?(?:import|require)\()\s*\(?['"](?:node:)?child_process['"]/u,
    'exec and execSync run a shell',
  ],
  [/\bexecSync\s*\(|child_process['"]\s*\)\)?\.exec\b/u, 'exec and execSync run a shell'],
  [/\bexeca(?:Command|CommandSync)\b|from\s+['"]execa['"][^]*\$`/u, 'these split one text into words'],
];

/** Sentences about sources that could start a shell; none when all is well. Tests may. */
export function checkNoShell(root) {
  return ['packages', 'plugins'].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => sources(root, join(folder, entry.name, 'src'))),
  );
}

function sources(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/u.test(name) && !/\.test\.tsx?$/u.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(root, folder, name), 'utf8');
      return FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(
        ([, why]) => `${join(folder, name)}: ${why}; start the program with spawn, its words in a list`,
      );
    });
}
