import { hostile } from '../hostile-plugin.ts';

export default hostile('floods-messages', {
  run: (_, { health }) => {
    for (let at = 0; at < 1_000_000; at += 1) health.ok();
    return 'sent all of them';
  },
});
