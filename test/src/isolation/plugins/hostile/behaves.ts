import { hostile } from '../hostile-plugin.ts';

/** The other plugin, which must go on. */
export default hostile('behaves', {});
