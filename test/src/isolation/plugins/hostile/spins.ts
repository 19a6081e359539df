import { hostile } from '../hostile-plugin.ts';

export default hostile('spins', {
  run: () => {
    for (;;);
  },
});
