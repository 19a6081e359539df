#!/usr/bin/env node
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHECKS } from '../conformance/checks.ts';
import type { Check } from '../conformance/checks.ts';
import type { Problems } from '../conformance/fixture.ts';
import { CHECKS_OF_CODE, isolate } from '../conformance/isolated.ts';
import type { Isolation } from '../conformance/isolated.ts';
import { manifestText, readmeText } from '../documents/documents.ts';
import { loadPackage } from './load-package.ts';

const HELP = `stormpulse-plugin: what an author needs beside the code of a plugin

  stormpulse-plugin check [FOLDER|TARBALL]   the conformance checks; exit 1 when one fails
      --isolation process|worker             those of its code, with that code in a process or a thread of its own
  stormpulse-plugin docs [FOLDER]            writes manifest.json and the generated tables of README.md
  stormpulse-plugin inspect [FOLDER|TARBALL] prints the manifest

Without a place: the folder it is called in, built. Its config is the one of config.example.toml.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, isolation: { type: 'string' } },
  });
  const [command, place = '.'] = positionals;
  if (values.help === true || command === undefined) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  const { isolation } = values;
  if (isolation !== undefined && isolation !== 'process' && isolation !== 'worker') {
    process.stderr.write(`--isolation is "process" or "worker", not "${isolation}"; without it the checks run here\n`);
    return 2;
  }
  if (command === 'check') return isolation === undefined ? await check(place) : await checkElsewhere(place, isolation);
  if (command === 'docs') return await writeDocuments(place);
  if (command === 'inspect') return await inspect(place);
  process.stderr.write(`there is no "stormpulse-plugin ${command}"; there is check, docs and inspect\n`);
  return 2;
}

async function check(place: string): Promise<number> {
  const { plugin, ...fixture } = await loadPackage(place);
  return await tell(Object.entries(CHECKS), (run) => run(plugin, { ...fixture, firstParty: false }));
}

async function checkElsewhere(place: string, isolation: Isolation): Promise<number> {
  const { plugin, ...fixture } = await loadPackage(place);
  const { load, settle, close } = await isolate(plugin.name, { ...fixture, isolation });
  try {
    return await tell(CHECKS_OF_CODE, async (run) => await run(await load(), { ...fixture, firstParty: false, settle }));
  } finally {
    await close();
  }
}

async function tell(
  checks: readonly (readonly [string, Check])[],
  attemptOf: (run: Check['run']) => Problems | Promise<Problems>,
): Promise<number> {
  let failed = 0;
  for (const [id, { title, run }] of checks) {
    const problems = await attempt(() => attemptOf(run));
    failed += problems.length === 0 ? 0 : 1;
    process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${id} ${title}\n`);
    for (const problem of problems) process.stdout.write(`       ${problem.replaceAll('\n', '\n       ')}\n`);
  }
  process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function attempt(run: () => Problems | Promise<Problems>): Promise<Problems> {
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
