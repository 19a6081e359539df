import { hostile } from '../hostile-plugin.ts';

export default hostile('spins-in-setup', {
  setup: () => {
    for (;;);
  },
});
