import { spawnSync } from 'node:child_process';
import { attempt, hostile } from '../hostile-plugin.ts';

export default hostile('forks', {
  run: () =>
    attempt(() => {
      const { error, status } = spawnSync('/bin/true');
      if (error !== undefined) throw error;
      return status;
    }),
});
