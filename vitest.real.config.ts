import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Those that need no host of systemd. Beside one, whose systemd orders this machine's cgroups anew, a container engine tells no figures. */
const WITHOUT_SYSTEMD = ['docker', 'live-page', 'openssl', 'packed', 'disk-full'].map(
  (name) => `test/src/real/${name}.real.test.ts`,
);

/** The real-system tier: it needs what `test/testbed/*.sh` installs, and says so when that is missing. */
export default defineConfig({
  resolve: base.resolve ?? {},
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'hosts',
          include: ['test/src/real/**/*.real.test.ts'],
          exclude: ['**/node_modules/**', ...WITHOUT_SYSTEMD],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'others', include: WITHOUT_SYSTEMD, sequence: { groupOrder: 1 } } },
    ],
    // Each has systems of its own, and waits for them.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
