#!/usr/bin/env node
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHECKS } from '../conformance/checks.ts';
import { manifestText, readmeText } from '../documents/documents.ts';
import { loadPackage } from './load-package.ts';

const HELP = `stormpulse-plugin: what an author needs beside the code of a plugin

  stormpulse-plugin check [FOLDER|TARBALL]   the conformance checks; exit 1 when one fails
  stormpulse-plugin docs [FOLDER]            writes manifest.json and the generated tables of README.md
  stormpulse-plugin inspect [FOLDER|TARBALL] prints the manifest

Without a place: the folder it is called in, built. Its config is the one of config.example.toml.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [command, place = '.'] = positionals;
  if (values.help === true || command === undefined) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  if (command === 'check') return await check(place);
  if (command === 'docs') return await writeDocuments(place);
  if (command === 'inspect') return await inspect(place);
  process.stderr.write(`there is no "stormpulse-plugin ${command}"; there is check, docs and inspect\n`);
  return 2;
}

async function check(place: string): Promise<number> {
  const { plugin, ...fixture } = await loadPackage(place);
  let failed = 0;
  for (const [id, { title, run }] of Object.entries(CHECKS)) {
    const problems = await attempt(() => run(plugin, { ...fixture, firstParty: false }));
    failed += problems.length === 0 ? 0 : 1;
    process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${id} ${title}\n`);
    for (const problem of problems) process.stdout.write(`       ${problem.replaceAll('\n', '\n       ')}\n`);
  }
  process.stdout.write(`${Object.keys(CHECKS).length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function attempt(run: () => readonly string[] | Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await run();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function writeDocuments(place: string): Promise<number> {
  const { plugin, config, folder } = await loadPackage(place);
  writeFileSync(new URL('manifest.json', folder), manifestText(plugin, config));
  const readme = new URL('README.md', folder);
  if (!existsSync(readme)) throw new Error('there is no README.md to put the tables into');
  writeFileSync(readme, readmeText(readFileSync(readme, 'utf8'), plugin, config));
  process.stdout.write('manifest.json and README.md are what the code declares\n');
  return 0;
}

async function inspect(place: string): Promise<number> {
  const { plugin, config } = await loadPackage(place);
  process.stdout.write(manifestText(plugin, config));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
