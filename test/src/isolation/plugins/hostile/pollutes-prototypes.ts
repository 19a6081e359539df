import { hostile, rawFrame, writeRaw } from '../hostile-plugin.ts';

const NOTE =
  '{"note":"log","args":{"level":"info","message":"x","fields":{"__proto__":{"polluted":"by json"},"constructor":{"prototype":{"polluted":1}}}}}';

export default hostile('pollutes-prototypes', {
  run: () => {
    const all = Object.getPrototypeOf({}) as object;
    Object.defineProperty(all, 'polluted', { value: 'here', configurable: true });
    writeRaw(rawFrame(NOTE), NOTE);
    return 'acted';
  },
});
