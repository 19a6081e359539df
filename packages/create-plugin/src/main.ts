#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from './ask.ts';
import { renderProject } from './render.ts';

const HELP = `npm create @stormpulse/plugin [NAME] [-- OPTIONS]

  --description TEXT   one line
  --folder FOLDER      where the project goes; default: stormpulse-plugin-NAME
  --packages FOLDER    take the @stormpulse packages from tarballs in FOLDER, not from the registry
  --yes                ask nothing
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      description: { type: 'string' },
      folder: { type: 'string' },
      packages: { type: 'string' },
      yes: { type: 'boolean', short: 'y' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const { description, folder, packages } = values;
  const answers = await ask({
    yes: values.yes === true,
    ...(positionals[0] === undefined ? {} : { name: positionals[0] }),
    ...(description === undefined ? {} : { description }),
    ...(folder === undefined ? {} : { folder }),
    ...(packages === undefined ? {} : { packages }),
  });
  if (answers === undefined) return 130;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  renderProject(answers, version);
  process.stdout.write(`
${answers.name} is in ${relative('', answers.folder) || '.'}. Now:

  cd ${relative('', answers.folder) || '.'}
  npm install
  npm test          build, lint, behaviour, conformance
  npm run dev       an agent and a hub with this plugin, reloaded on save
`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
