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
    questions: ({ sockets: [first = ROOTFUL] }) =>
      Type.Object({
        enable: Type.Boolean({
          title: 'Let the hub see this engine, and start, stop and remove its containers',
          default: true,
        }),
        socket: Type.String({
          title: 'Socket of the Docker Engine',
          pattern: '^/[^\\0]{1,100}$',
          default: first,
          'x-ui': { widget: 'path' },
        }),
      }),
    plan: ({ detected, answers }) =>
      detected.sockets.length === 0 || !answers.enable
        ? []
        : [
            { kind: 'config-section', section: 'docker', values: { host: `unix://${answers.socket}` } },
            { kind: 'verify', probe: 'engine' },
          ],
  });
}
