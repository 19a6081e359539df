import { Type, wizard } from '@stormpulse/sdk';
import type { AbsolutePath, Wizard } from '@stormpulse/sdk';

const ROOTFUL: AbsolutePath = '/var/run/docker.sock';

/** Finds the engine's socket, asks, and writes `[docker]`. `environment`: where a rootless engine of this user would be. */
export function dockerWizard(environment: Readonly<Record<string, string | undefined>>): Wizard {
  return wizard({
    title: 'Docker',
    detect: async ({ exists }) => {
      const runtime = environment['XDG_RUNTIME_DIR'];
      const rootless: readonly AbsolutePath[] =
        runtime?.startsWith('/') === true ? [`${runtime as AbsolutePath}/docker.sock`] : [];
      const found: AbsolutePath[] = [];
      for (const socket of [...rootless, ROOTFUL]) if (await exists(socket)) found.push(socket);
      return { sockets: found };
    },
    questions: ({ sockets }) =>
      Type.Object({
        enable: Type.Boolean({
          title: `${sockets.length === 0 ? 'No Docker Engine was found here. ' : ''}Let the hub see this engine, and start, stop and remove its containers`,
          default: sockets.length > 0,
        }),
        socket: Type.String({
          title: 'Socket of the Docker Engine',
          pattern: '^/[^\\0]{1,100}$',
          default: sockets[0] ?? ROOTFUL,
          'x-ui': { widget: 'path' },
        }),
      }),
    // One that runs elsewhere, or is not up yet, can be named: the probe tells whether it answers.
    plan: ({ answers }) =>
      !answers.enable
        ? []
        : [
            { kind: 'config-section', section: 'docker', values: { host: `unix://${answers.socket}` } },
            { kind: 'verify', probe: 'engine' },
          ],
  });
}
