import { hostile } from '../hostile-plugin.ts';

export default hostile('throws-in-run', {
  run: () => {
    throw new Error('out of cheese');
  },
});
