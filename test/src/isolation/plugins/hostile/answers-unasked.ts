import { forEver, hostile, rawFrame, writeRaw } from '../hostile-plugin.ts';

const ANSWER = '{"answer":1,"value":"again"}';

export default hostile('answers-unasked', {
  run: () => {
    writeRaw(rawFrame(ANSWER), ANSWER);
    return forEver();
  },
});
