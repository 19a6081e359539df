import { forEver, hostile, writeRaw } from '../hostile-plugin.ts';

export default hostile('endless-frame', {
  run: () => {
    writeRaw(Buffer.from('this is no length'), 'x'.repeat(9 * 1_048_576));
    return forEver();
  },
});
