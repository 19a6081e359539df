import { conformance } from '@stormpulse/testing';
import { pluginFile } from './plugin-file.ts';
import behaves from './plugins/hostile/behaves.ts';
import waits from './plugins/waits.ts';

conformance(behaves, {
  config: { canary: '/x', port: 1, agentPid: 1 },
  pkg: { name: 'behaves', version: behaves.version },
  firstParty: false,
  built: new URL(pluginFile('hostile/behaves')),
});

conformance(waits, {
  config: {},
  pkg: { name: 'waits', version: waits.version },
  firstParty: false,
  built: new URL(pluginFile('waits')),
});
