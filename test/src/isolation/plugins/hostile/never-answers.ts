import { forEver, hostile } from '../hostile-plugin.ts';

export default hostile('never-answers', { timeout: '2s', run: forEver });
