import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests run on the TypeScript sources: the private export condition names them in every package. */
const conditions = ['@stormpulse/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
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
