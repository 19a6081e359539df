import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The real-system tier: it needs what `test/testbed/*.sh` installs, and says so when that is missing. */
export default defineConfig({
  resolve: base.resolve ?? {},
  test: {
    include: ['test/src/real/**/*.real.test.ts'],
    // Each has systems of its own, and waits for them.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
