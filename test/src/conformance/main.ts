import { parseArgs } from 'node:util';
import { runDirectory } from './run-directory.ts';

const USAGE = 'usage: npm run -s conformance -- DIR [--reference]';

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { reference: { type: 'boolean' } } });
  const [directory, ...rest] = positionals;
  if (directory === undefined || rest.length > 0) throw new Error('name one folder');
  const dialect = values.reference === true ? 'reference' : 'hardened';
  const good = await runDirectory(directory, dialect, (line) => process.stdout.write(`${line}\n`));
  process.exitCode = good ? 0 : 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`conformance: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
}
