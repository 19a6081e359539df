import { hostile } from '../hostile-plugin.ts';

export default hostile('prints-to-stdout', {
  run: () => {
    process.stdout.write('a line of the plugin\n');
    return 'acted';
  },
});
