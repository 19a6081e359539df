import { Type, handler } from '@stormpulse/sdk';
import type { Command, CollectorHandle, Effect } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { asCommand, isNotModified } from '../engine/failure.ts';
import { ContainerParam, containerPath } from './params.ts';

/** Of an engine that waits for a container to end by itself. */
const ANSWER_MS = 90_000;

const Inspected = Type.Object({ State: Type.Object({ Status: Type.String() }) });
const Changed = Type.Object({ container: Type.String(), state: Type.String() });
const GraceParam = Type.Integer({ minimum: 0, maximum: 60, default: 10, description: 'Seconds it has to end by itself.' });
const SignalParam = Type.Union(
  [Type.Literal('SIGKILL'), Type.Literal('SIGTERM'), Type.Literal('SIGINT'), Type.Literal('SIGHUP'), Type.Literal('SIGQUIT')],
  { default: 'SIGKILL' },
);

interface Change {
  readonly container: string;
  readonly path: `/${string}`;
}

/** Start, stop, restart, kill. What a container came to is read back, and the state with it. */
export function lifecycleCommands(engine: Engine, containers: Pick<CollectorHandle<unknown>, 'refresh'>): readonly Command[] {
  const change = async ({ container, path }: Change, signal: AbortSignal) =>
    await asCommand(async () => {
      const at = containerPath(container);
      await engine.done({ method: 'POST', path: `${at}${path}`, timeoutMs: ANSWER_MS, signal }).catch((error: unknown) => {
        if (!isNotModified(error)) throw error;
      });
      const { State } = await engine.json({ path: `${at}/json`, signal }, Inspected);
      // Its failure is told by the plugin's own standing.
      await containers.refresh().catch(() => undefined);
      return { container, state: State.Status };
    });
  const common = { timeout: '120s', result: Changed } as const;
  const byContainer = { serializeBy: ({ container }: { readonly container: string }) => `docker ${container}` };
  const write: Effect = 'write';
  return [
    handler({
      ...common,
      ...byContainer,
      id: 'start',
      title: 'Start a container',
      effect: write,
      idempotent: true,
      params: Type.Object({ container: ContainerParam }),
      run: ({ params, signal }) => change({ ...params, path: '/start' }, signal),
    }),
    handler({
      ...common,
      ...byContainer,
      id: 'stop',
      title: 'Stop a container',
      effect: write,
      idempotent: true,
      params: Type.Object({ container: ContainerParam, grace: GraceParam }),
      run: ({ params, signal }) => change({ ...params, path: `/stop?t=${params.grace}` }, signal),
    }),
    handler({
      ...common,
      ...byContainer,
      id: 'restart',
      title: 'Restart a container',
      effect: write,
      params: Type.Object({ container: ContainerParam, grace: GraceParam }),
      run: ({ params, signal }) => change({ ...params, path: `/restart?t=${params.grace}` }, signal),
    }),
    handler({
      ...common,
      ...byContainer,
      id: 'kill',
      title: 'Kill a container',
      description: 'At once, or with another signal: what it has not written is lost.',
      effect: 'destructive',
      params: Type.Object({ container: ContainerParam, signal: SignalParam }),
      run: ({ params, signal }) => change({ ...params, path: `/kill?signal=${params.signal}` }, signal),
    }),
  ];
}
