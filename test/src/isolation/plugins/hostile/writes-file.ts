import { writeFileSync } from 'node:fs';
import { attempt, hostile } from '../hostile-plugin.ts';

export default hostile('writes-file', { run: ({ canary }) => attempt(() => writeFileSync(`${canary}.written`, 'x')) });
