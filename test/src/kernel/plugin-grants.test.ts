import { Type, definePlugin, handler } from '@stormpulse/plugin-api';
import type { AbsolutePath } from '@stormpulse/plugin-api';
import { afterEach, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

/** A command that runs `file`, through the member of the call or of the context. */
const runner = (file: AbsolutePath, member: 'call' | 'context') =>
  definePlugin({
    name: 'runner',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ exec: ['/bin/granted'], commands: 'write' }),
    setup({ commands, exec }) {
      commands.register(
        handler({
          id: 'go',
          title: 'Go',
          effect: 'write',
          timeout: '5s',
          params: Type.Object({}),
          result: Type.Integer(),
          run: async (call) => (await (member === 'call' ? call.exec : exec)(file, ['x'])).exitCode,
        }),
      );
    },
  });

test.each(['call', 'context'] as const)(
  'SEC-204: what a command runs by its %s is what its plugin was granted',
  async (member) => {
    rig = await startRig({ plugin: runner('/bin/granted', member) });
    await rig.deliver(rig.request('runner_go'));
    expect(rig.runner.calls).toEqual([{ file: '/bin/granted', args: ['x'] }]);
    await rig.close();
    rig = await startRig({ plugin: runner('/bin/other', member) });
    await rig.deliver(rig.request('runner_go'));
    expect(rig.sent('command.result')).toMatchObject([
      {
        success: false,
        failure_reason: 'os_error',
        stderr: expect.stringMatching(/^E_GRANT_EXEC: plugin "runner" may not run \/bin\/other/u),
      },
    ]);
    expect(rig.runner.calls).toEqual([]);
  },
);
