import { Type, handler } from '@stormpulse/sdk';
import { hostile } from '../hostile-plugin.ts';

export default hostile('registers-late', {
  run: (_, { commands }) => {
    commands.register(
      handler({
        id: 'late',
        title: 'Late',
        effect: 'read',
        timeout: '1s',
        params: Type.Object({}),
        result: Type.String(),
        run: () => Promise.resolve('late'),
      }),
    );
    return 'registered';
  },
});
