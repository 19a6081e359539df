import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The real-system tier: it needs what `test/testbed/*.sh` installs, and says so when that is missing. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['test/src/real/**/*.real.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout: 180_000,
      hookTimeout: 180_000,
      fileParallelism: false,
    },
  }),
);
