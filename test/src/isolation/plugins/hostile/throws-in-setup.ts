import { hostile } from '../hostile-plugin.ts';

export default hostile('throws-in-setup', {
  setup: () => {
    throw new Error('not today');
  },
});
