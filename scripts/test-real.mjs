import { bin, build, run } from './setup.mjs';

build();
run(bin('vitest'), ['run', '--config', 'vitest.real.config.ts', ...process.argv.slice(2)]);
