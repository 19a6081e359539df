import { hostile, pause } from '../hostile-plugin.ts';

const kept: unknown[] = [];

export default hostile('leaks-heap', {
  async run() {
    for (;;) {
      for (let at = 0; at < 50_000; at += 1) kept.push({ at, text: `leak ${at}` });
      await pause(1);
    }
  },
});
