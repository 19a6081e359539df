// What packages promise to code outside this project, as text in the diff: packages/*/api.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readApis } from './api/declarations.mjs';
import { formatReport } from './api/report.mjs';

/** In this order: what an earlier one exports is named, not repeated, in a later one. `/internal` is no promise. */
const ENTRY_POINTS = {
  'plugin-api': ['index'],
  protocol: ['index', 'node'],
  sdk: ['index', 'testing'],
};

export const reportPath = (name) => `packages/${name}/api.md`;

/** Sentences about reports that differ from the built declarations; with `update` they are written anew first. */
export function checkApiReports(root, { update = false, packages = Object.keys(ENTRY_POINTS) } = {}) {
  let reports;
  try {
    reports = apiReports(root, packages);
  } catch (error) {
    return [error.message];
  }
  return reports.flatMap(({ path, text }) => {
    if (update) writeFileSync(join(root, path), text);
    const before = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
    return before === text
      ? []
      : [`${path} is not what the code says; ${differences(before, text)}; if that is meant, run: npm run check -- --update`];
  });
}

function apiReports(root, packages) {
  const apis = readApis(
    root,
    packages.flatMap((name) =>
      ENTRY_POINTS[name].map((file) => ({
        specifier: `@stormpulse/${name}${file === 'index' ? '' : `/${file}`}`,
        file: join(root, 'packages', name, 'dist', `${file}.d.ts`),
      })),
    ),
  );
  return packages.map((name) => {
    const own = apis.filter(({ specifier }) => `${specifier}/`.startsWith(`@stormpulse/${name}/`));
    return { path: reportPath(name), text: formatReport(titleOf(name, own), own) };
  });
}

/** The contract with plugins has a version of its own, which its report is headed with. */
function titleOf(name, apis) {
  const declared = apis.flatMap(({ exported }) => exported).find((entry) => entry.name === 'API_VERSION')?.text;
  const version = /^declare const .*"(\d+\.\d+)"/u.exec(declared)?.[1];
  return `API of @stormpulse/${name}${version === undefined ? '' : ` ${version}`}`;
}

function differences(before, now) {
  const [was, is] = [before.split('\n'), now.split('\n')];
  const [added, gone] = [is.filter((line) => !was.includes(line)), was.filter((line) => !is.includes(line))];
  const shown = (lines) =>
    lines.length === 0 ? 'nothing' : [...lines.slice(0, 5), ...(lines.length > 5 ? ['…'] : [])].join('\n  ');
  if (before === '') return 'it is not there';
  return `new:\n  ${shown(added)}\ngone:\n  ${shown(gone)}\n`;
}
