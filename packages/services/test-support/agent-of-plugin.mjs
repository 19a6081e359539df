// A process that runs one plugin, isolated, as an agent does: node agent-of-plugin.mjs ENTRY
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';

const say = (...words) => console.log(...words);
const logger = () => ({ debug: say, info: say, warn: say, error: say });
const runner = createPluginRunner({ clock: createSystemClock(), logger, limits: { setupMs: 600_000 }, permissions: false });
await runner.load({ name: 'plugin', entry: process.argv[2], config: {}, isolation: 'process' });
