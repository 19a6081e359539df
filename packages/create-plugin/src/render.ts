import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answers } from './answers.ts';

const TEMPLATE = fileURLToPath(new URL('../template/', import.meta.url));
/** npm leaves these out of a package, or reads them, when they have their own names. */
const RENAMED: Readonly<Record<string, string>> = {
  '_package.json': 'package.json',
  _gitignore: '.gitignore',
  _npmrc: '.npmrc',
  github: '.github',
};

/** Writes the project. Throws, and writes nothing, when something is there already. */
export function renderProject(answers: Answers, version: string): void {
  const { folder } = answers;
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is there already and is not empty; give another name, or --folder`);
  mkdirSync(folder, { recursive: true });
  cpSync(TEMPLATE, folder, { recursive: true });
  for (const [from, to] of Object.entries(RENAMED)) renameSync(join(folder, from), join(folder, to));
  const words: Readonly<Record<string, string>> = {
    name: answers.name,
    description: answers.description,
    sdk: version,
    year: String(new Date().getFullYear()),
  };
  for (const file of filesBelow(folder)) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replaceAll(/\{\{(\w+)\}\}/gu, (whole, word: string) => words[word] ?? whole),
    );
  }
  if (answers.packages !== undefined) usePackages(folder, answers.packages);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** Every `@stormpulse` package comes from a tarball of that folder, those that others need too. */
function usePackages(folder: string, packages: string): void {
  const path = join(folder, 'package.json');
  const pkg = JSON.parse(readFileSync(path, 'utf8')) as { devDependencies: Record<string, string> };
  const { devDependencies } = pkg;
  const tarballs = new Map(
    readdirSync(packages).flatMap((file) => {
      const [, name] = /^stormpulse-(.+)-\d+\.\d+\.\d+.*\.tgz$/u.exec(file) ?? [];
      return name === undefined ? [] : [[`@stormpulse/${name}`, `file:${relative(resolve(folder), resolve(packages, file))}`]];
    }),
  );
  if (!tarballs.has('@stormpulse/sdk'))
    throw new Error(`${packages} holds no stormpulse-sdk-VERSION.tgz; pack the packages there first (npm pack)`);
  for (const name of Object.keys(devDependencies))
    if (name.startsWith('@stormpulse/') && !tarballs.has(name)) delete devDependencies[name];
  tarballs.delete('@stormpulse/create-plugin');
  for (const [name, file] of tarballs) devDependencies[name] = file;
  writeFileSync(path, `${JSON.stringify(pkg, undefined, 2)}\n`);
}
