import { hostile, pause } from '../hostile-plugin.ts';

export default hostile('rejects-unhandled', {
  run: () => {
    void Promise.reject(new Error('nobody listens'));
    return pause(3_000).then(() => 'acted');
  },
});
