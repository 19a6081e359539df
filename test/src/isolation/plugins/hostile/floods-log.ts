import { hostile } from '../hostile-plugin.ts';

export default hostile('floods-log', {
  run: (_, { logger }) => {
    for (let at = 0; at < 3_000; at += 1) {
      logger.warn(`flood ${at}`);
      process.stderr.write(`flood ${at}\n`);
    }
    return 'acted';
  },
});
