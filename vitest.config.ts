import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

type Exports = Readonly<Record<string, string | { readonly default?: string }>>;

/** Tests run on the TypeScript sources: what a package exports from `dist` stands for the file in `src` that it is made of. */
const alias = ['packages', 'plugins'].flatMap((group) =>
  readdirSync(join(import.meta.dirname, group)).flatMap((folder) => {
    const text = readFileSync(join(import.meta.dirname, group, folder, 'package.json'), 'utf8');
    const { name, exports = {} } = JSON.parse(text) as { readonly name: string; readonly exports?: Exports };
    return Object.entries(exports).flatMap(([path, target]) => {
      const built = typeof target === 'string' ? undefined : /^\.\/dist\/(.+)\.js$/u.exec(target.default ?? '')?.[1];
      const find = new RegExp(`^${name}${path.slice(1)}$`, 'u');
      return built === undefined ? [] : [{ find, replacement: join(import.meta.dirname, group, folder, 'src', `${built}.ts`) }];
    });
  }),
);

const TESTS = [
  'packages/**/src/**/*.test.{ts,tsx}',
  'plugins/*/{src,test}/**/*.test.ts',
  'examples/*/src/**/*.test.ts',
  'test/src/**/*.test.ts',
];
/** Those that put something in the place of a module, or look at their own process: nobody else is to be in it. */
const APART = ['packages/agent/src/host/**/*.test.ts', 'packages/services/src/exec/**/*.test.ts'];

export default defineConfig({
  resolve: { alias },
  test: {
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.real.test.ts'],
    projects: [
      { extends: true, test: { name: 'apart', include: APART } },
      // One process for many files, so that what they import is read once: it takes a third of the time.
      { extends: true, test: { name: 'together', include: TESTS, exclude: APART, isolate: false } },
    ],
    // Most of them wait for processes they started.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Only a failure takes all of it: a loaded machine of two cores may be slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
