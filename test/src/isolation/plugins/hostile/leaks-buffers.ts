import { hostile, pause } from '../hostile-plugin.ts';

const kept: Buffer[] = [];

export default hostile('leaks-buffers', {
  async run() {
    for (;;) {
      kept.push(Buffer.alloc(8 * 1_048_576, 1));
      await pause(50);
    }
  },
});
