import { forEver, hostile } from '../hostile-plugin.ts';

export default hostile('rejects-unhandled', {
  run: () => {
    void Promise.reject(new Error('nobody listens'));
    return forEver();
  },
});
