import { bin, build, run } from './setup.mjs';

// Cross-process tests run the built programs, so the build comes first; unit tests run from the sources.
build();
run(bin('vitest'), ['run', ...process.argv.slice(2)]);
