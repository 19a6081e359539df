import { forEver, hostile, rawFrame, writeRaw } from '../hostile-plugin.ts';

export default hostile('garbage-frame', {
  run: () => {
    writeRaw(rawFrame('{"call": '), '{"call": ');
    return forEver();
  },
});
