import { API_VERSION, ConfigInvalid, definePlugin } from '@stormpulse/sdk';
import { capabilitiesOf } from './capabilities.ts';
import { compileCommands } from './compile.ts';
import { ConfigSchema } from './config.ts';

/** The commands an operator wrote in `[commands.<name>]`, as protocol v1 hosts write them. */
export default definePlugin({
  name: 'custom-commands',
  version: '0.1.0',
  apiVersion: API_VERSION,
  description: 'The commands an operator wrote in [commands.<name>].',
  configSchema: ConfigSchema,
  capabilities: capabilitiesOf,
  setup({ config, commands, logger }) {
    const compiled = compileCommands(config);
    for (const warning of compiled.warnings) logger.warn(warning);
    for (const omission of compiled.omissions) commands.leaveOut(omission);
    if (compiled.problems.length > 0) throw ConfigInvalid({ problems: compiled.problems });
    commands.register(...compiled.commands);
  },
});
