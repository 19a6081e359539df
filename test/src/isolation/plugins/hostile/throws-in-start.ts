import { hostile } from '../hostile-plugin.ts';

export default hostile('throws-in-start', { start: () => Promise.reject(new Error('no such socket')) });
