// The least plugin, for tests of where its code runs.
import { Type, definePlugin } from '@stormpulse/plugin-api';

export default definePlugin({
  name: 'plain',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'Declares nothing.',
  configSchema: Type.Object({}),
  capabilities: () => ({}),
  setup() {},
});
