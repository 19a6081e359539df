import { join } from 'node:path';
import { bin, build, root, run } from './setup.mjs';

// Cross-process tests run the built programs, so the build comes first; unit tests run from the sources.
build();
// The agent as a host gets it: it starts in half the time, and is started hundreds of times.
const agent = join(root, 'test/dist/agent');
run(process.execPath, [join(root, 'scripts/bundle.mjs'), agent], { stdio: ['ignore', 'ignore', 'inherit'] });
const env = { ...process.env, TESTED_AGENT: join(agent, 'main.js') };
run(bin('vitest'), ['run', ...process.argv.slice(2)], { env });
