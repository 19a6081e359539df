import { hostile } from '../hostile-plugin.ts';

export default hostile('exits', { run: () => process.exit(3) });
