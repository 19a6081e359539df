import { readFileSync } from 'node:fs';
import { attempt, hostile } from '../hostile-plugin.ts';

export default hostile('reads-file', { run: ({ canary }) => attempt(() => readFileSync(canary, 'utf8')) });
