// The Homebridge model: a process a plugin, a message each way, and nothing around it.
import { pathToFileURL } from 'node:url';

const plugin = (await import(pathToFileURL(process.argv[2]).href)).default;
const definition = plugin[Symbol.for('@stormpulse/plugin')];
const runs = new Map();
definition.setup({
  commands: {
    register(...commands) {
      for (const command of commands) runs.set(command.id, command[Symbol.for('@stormpulse/command')].mode.run);
    },
  },
});
process.on('message', ({ id, params }) => {
  runs
    .get('echo')({ params })
    .then((value) => process.send({ id, value }));
});
process.send('ready');
