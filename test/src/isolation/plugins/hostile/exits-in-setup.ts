import { hostile } from '../hostile-plugin.ts';

export default hostile('exits-in-setup', { setup: () => process.exit(7) });
