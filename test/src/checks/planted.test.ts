import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBudgets } from '../../../scripts/checks/budgets.mjs';
import { checkDependencies } from '../../../scripts/checks/dependencies.mjs';
import { checkImports } from '../../../scripts/checks/imports.mjs';
import { checkNode } from '../../../scripts/checks/isomorphic.mjs';
import { PROJECT, copyProject } from './copy-of-the-project.ts';
import type { Copy } from './copy-of-the-project.ts';

let copy: Copy;
beforeAll(() => {
  copy = copyProject();
});
afterAll(() => copy[Symbol.dispose]());

const compile = (project: string): string => {
  const { stdout } = spawnSync(join(PROJECT, 'node_modules/.bin/tsc'), ['-b', project], { cwd: copy.root, encoding: 'utf8' });
  return stdout;
};

describe('the project as it is', () => {
  test('breaks none of its rules', () => {
    expect(checkImports(copy.root)).toEqual([]);
    expect(checkBudgets(copy.root)).toEqual([]);
    expect(checkNode(copy.root)).toEqual([]);
  });
});

describe('project references', () => {
  test('an import of a package that is not referenced does not compile', () => {
    copy.plant('packages/plugin-api/src/planted.ts', "export { createKernel } from '@stormpulse/kernel';\n");
    expect(compile('packages/plugin-api')).toMatch(/planted\.ts.*TS6059|TS6307/);
    copy.plant('packages/plugin-api/src/planted.ts', 'export {};\n');
    expect(compile('packages/plugin-api')).toBe('');
  });
});

const PLANTED: readonly [title: string, files: Readonly<Record<string, string>>, sentence: RegExp][] = [
  [
    'upwards, even for a type',
    { 'packages/kernel/src/p1.ts': "import type { Hub } from '../../hub/src/index.ts';\nexport type Planted = Hub;\n" },
    /^kernel-imports-only-plugin-api\+protocol: packages\/kernel\/src\/p1/,
  ],
  [
    'a service from another',
    { 'packages/services/src/exec/p2.ts': "export { createLogger } from '../logger/logger.ts';\n" },
    /^services-do-not-import-each-other: .*p2/,
  ],
  [
    'the kernel from a plugin',
    { 'plugins/host-metrics/src/p3.ts': "export { createKernel } from '@stormpulse/kernel';\n" },
    /^plugins-import-only-the-sdk: .*p3/,
  ],
  [
    'a plugin from the agent',
    { 'packages/agent/src/p4.ts': "export { default } from '@stormpulse/plugin-host-metrics';\n" },
    /^agent-imports-only-.*p4/,
  ],
  [
    'tsyringe outside the composition root',
    { 'packages/hub/src/p5.ts': "export { container } from 'tsyringe';\n" },
    /^tsyringe-only-in-the-composition-root: .*p5/,
  ],
  [
    "a module of Node's in the protocol",
    { 'packages/protocol/src/p6.ts': "export { readFileSync } from 'node:fs';\n" },
    /^isomorphic-code-stays-isomorphic: .*p6/,
  ],
  [
    'a deep import of another package',
    { 'packages/kernel/src/p7.ts': "export { makeSlot } from '@stormpulse/plugin-api/src/argv.ts';\n" },
    /^no-unresolvable: packages\/kernel\/src\/p7/,
  ],
  [
    'a dependency nobody declared',
    { 'packages/kernel/src/p8.ts': "export { pino } from 'pino';\n" },
    /^declared-dependencies-only: .*p8/,
  ],
  [
    'a cycle',
    {
      'packages/kernel/src/p9.ts': "import { b } from './p9-too.ts';\nexport const a = (): unknown => b;\n",
      'packages/kernel/src/p9-too.ts': "import { a } from './p9.ts';\nexport const b = (): unknown => a;\n",
    },
    /^no-cycles: .*p9/,
  ],
];

describe('dependency-cruiser', () => {
  let sentences: string[];
  beforeAll(() => {
    for (const [, files] of PLANTED) for (const [path, text] of Object.entries(files)) copy.plant(path, text);
    sentences = checkImports(copy.root);
    for (const [, files] of PLANTED) for (const path of Object.keys(files)) copy.plant(path, 'export {};\n');
  }, 180_000);

  test.each(PLANTED)('catches %s', (_title, _files, sentence) => {
    expect(sentences).toContainEqual(expect.stringMatching(sentence));
  });
});

describe('exports', () => {
  test('a deep import of another package does not resolve', () => {
    copy.plant('packages/kernel/src/p7.ts', "export { makeSlot } from '@stormpulse/plugin-api/src/argv.ts';\n");
    expect(compile('packages/kernel')).toContain('TS2307');
    copy.plant('packages/kernel/src/p7.ts', 'export {};\n');
  });
});

describe('budgets', () => {
  test('catch a file that is more than one job, and a kernel that has grown', () => {
    copy.plant('packages/services/src/planted.ts', '// line\n'.repeat(301));
    expect(checkBudgets(copy.root)).toContainEqual(expect.stringContaining('packages/services/src/planted.ts has 301 lines'));
    copy.plant('packages/services/src/planted.ts', 'export {};\n');
    for (let i = 0; i < 9; i += 1) copy.plant(`packages/kernel/src/planted-${i}.ts`, '// line\n'.repeat(299));
    expect(checkBudgets(copy.root)).toContainEqual(expect.stringContaining('the kernel has'));
    for (let i = 0; i < 9; i += 1) copy.plant(`packages/kernel/src/planted-${i}.ts`, '');
  });

  test('catch a dependency that nobody wrote down, and a host in the lock file', () => {
    expect(checkDependencies(copy.root)).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(copy.root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dependencies?: Record<string, string> }>;
    };
    const agent = manifest.packages['packages/agent'];
    if (agent === undefined) throw new Error('the lock file does not know the agent');
    agent.dependencies = { ...agent.dependencies, fastify: '5.12.8' };
    copy.plant('package-lock.json', JSON.stringify(manifest));
    expect(checkDependencies(copy.root).join('\n')).toMatch(/new: .*fastify 5\.12\.8/);
    copy.plant(
      'package-lock.json',
      `${JSON.stringify(manifest).slice(0, -1)},"planted":{"resolved": "https://registry.example/x.tgz"}}`,
    );
    expect(checkDependencies(copy.root).join('\n')).toContain('names a host');
  });
});

describe('the isomorphic check', () => {
  test.each(["import 'fs';", "const x = await import('node:crypto');", "export * from 'node:net';"])('catches %s', (line) => {
    copy.plant('packages/protocol/src/planted.ts', `${line}\nexport {};\n`);
    expect(checkNode(copy.root)).toHaveLength(1);
    copy.plant('packages/protocol/src/planted.ts', 'export {};\n');
  });
});
