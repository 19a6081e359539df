import { build } from 'esbuild';

const SOURCE = `
import { Type, definePlugin, handler } from '@stormpulse/sdk';
export default definePlugin({
  name: 'blocker',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'Never gives the event loop back.',
  configSchema: Type.Object({}),
  capabilities: () => ({ commands: 'read' }),
  setup(ctx) {
    ctx.commands.register(
      handler({
        id: 'block', title: 'Block', effect: 'read', timeout: '5s', params: Type.Object({}), result: Type.String(),
        run: () => { for (;;); },
      }),
    );
  },
});
`;

/** The files of a plugin whose command `blocker_block` blocks whatever it runs in, as its author publishes them: one file, no dependencies. */
export async function blockingPlugin(): Promise<Readonly<Record<string, string>>> {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const manifest = { name: '@example/blocker', version: '1.0.0', type: 'module', exports: './index.js' };
  return { 'package.json': JSON.stringify(manifest), 'index.js': outputFiles[0]?.text ?? '' };
}
