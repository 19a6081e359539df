import { forEver, hostile } from '../hostile-plugin.ts';

/** Half of the time, so that it still answers. */
export default hostile('burns-cpu', {
  run: () => {
    setInterval(() => {
      for (const until = Date.now() + 50; Date.now() < until;);
    }, 100);
    return forEver();
  },
});
