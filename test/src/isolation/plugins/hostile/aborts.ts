import { hostile } from '../hostile-plugin.ts';

export default hostile('aborts', { run: () => process.abort() });
