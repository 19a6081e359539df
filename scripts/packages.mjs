// npm run check:packages: packs what is published into a folder that is removed, and looks at each tarball.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageProblems, publishedPackages } from './checks/packages.mjs';
import { root, run } from './setup.mjs';

const folder = mkdtempSync(join(tmpdir(), 'stormpulse-packed-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
run(process.execPath, [join(root, 'scripts/pack.mjs'), folder], { stdio: ['ignore', 2, 2] });
for (const one of publishedPackages(root)) {
  const problems = await packageProblems(root, one, folder);
  if (problems.length > 0) process.exitCode = 1;
  const lines = problems.map((problem) => `       ${problem.replaceAll('\n', '\n       ')}\n`);
  process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${one.name}\n${lines.join('')}`);
}
