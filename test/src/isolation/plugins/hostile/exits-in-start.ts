import { hostile } from '../hostile-plugin.ts';

export default hostile('exits-in-start', { start: () => process.exit(8) });
