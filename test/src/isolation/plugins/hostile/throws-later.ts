import { hostile, pause } from '../hostile-plugin.ts';

export default hostile('throws-later', {
  run: () => {
    setTimeout(() => {
      throw new Error('out of turn');
    }, 1);
    return pause(3_000).then(() => 'acted');
  },
});
