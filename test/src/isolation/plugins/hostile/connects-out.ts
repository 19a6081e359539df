import { once } from 'node:events';
import { connect } from 'node:net';
import { attempt, hostile } from '../hostile-plugin.ts';

export default hostile('connects-out', {
  run: ({ port }) =>
    attempt(async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
      return 'connected';
    }),
});
