// Every fenced ts block of docs/ compiles against the built SDK, as the code of a new plugin would.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { tmpdir } from 'node:os';

const TEMPLATE = 'packages/create-plugin/template/tsconfig.json';

/** The problems of the samples, each with its page and line. */
export function checkDocsSamples(root) {
  const samples = markdownBelow(join(root, 'docs')).flatMap((path) => samplesOf(path, relative(root, path)));
  if (samples.length === 0) return ['no page of docs/ has a ts block; is the fence still written ```ts?'];
  const work = mkdtempSync(join(tmpdir(), 'docs-samples-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
    writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
    const { compilerOptions } = JSON.parse(readFileSync(join(root, TEMPLATE), 'utf8'));
    const options = { ...compilerOptions, rootDir: '.', noEmit: true, skipLibCheck: true };
    writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['.'] }));
    for (const { file, text } of samples) {
      mkdirSync(dirname(join(work, file)), { recursive: true });
      writeFileSync(join(work, file), text);
    }
    const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', work, '--pretty', 'false'], { encoding: 'utf8' });
    const problems = problemsIn(tsc.stdout, samples);
    return tsc.status === 0 || problems.length > 0 ? problems : [`tsc ended with ${tsc.status}: ${tsc.stdout}${tsc.stderr}`];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function markdownBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('.'))
    .map((name) => join(folder, name));
}

/**
 * A block with a title is that file of the page's project. Of the others the first is src/index.ts, which later ones may import. A
 * sample inside a list is indented.
 */
function samplesOf(path, page) {
  const text = readFileSync(path, 'utf8');
  let untitled = 0;
  return [...text.matchAll(/^(?<indent> *)```ts(?: title="(?<title>[^"]+)")?\n(?<code>[^]*?)^\k<indent>```$/gmu)].map((match) => {
    const { indent, title, code } = match.groups;
    untitled += title === undefined ? 1 : 0;
    return {
      file: join(page.replace(/\.md$/u, ''), title ?? (untitled === 1 ? 'src/index.ts' : `src/sample-${untitled}.ts`)),
      page,
      line: text.slice(0, match.index).split('\n').length,
      text: code.replaceAll(new RegExp(`^${indent}`, 'gmu'), ''),
    };
  });
}

/** What tsc says, at the place in the page. */
function problemsIn(stdout, samples) {
  return stdout
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map((line) => {
      const [, file, row, rest] = /^(.*?)\((\d+),\d+\): (.*)$/u.exec(line) ?? [];
      const sample = samples.find((each) => file?.endsWith(each.file));
      return sample === undefined ? line : `${sample.page}:${sample.line + Number(row)}: ${rest}`;
    });
}
