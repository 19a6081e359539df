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

export default defineConfig({
  resolve: { alias },
  test: {
    include: [
      'packages/**/src/**/*.test.{ts,tsx}',
      'plugins/*/{src,test}/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'test/src/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.real.test.ts'],
    // Most of them wait for processes they started.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Only a failure takes all of it: a loaded machine of two cores may be slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
