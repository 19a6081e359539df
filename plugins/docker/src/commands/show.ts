import { Type, handler } from '@stormpulse/sdk';
import type { Command } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { asCommand } from '../engine/failure.ts';
import { listContainers, nameOf } from '../state/containers.ts';
import { ContainerParam, containerPath } from './params.ts';

/** What a result has room for. */
const MAX_LISTED = 500;

const Text = Type.String({ default: '' });
const Inspected = Type.Object({
  Id: Type.String(),
  Name: Text,
  Created: Text,
  RestartCount: Type.Number({ default: 0 }),
  State: Type.Object({
    Status: Text,
    ExitCode: Type.Number({ default: 0 }),
    OOMKilled: Type.Boolean({ default: false }),
    StartedAt: Text,
    FinishedAt: Text,
    Health: Type.Optional(Type.Union([Type.Object({ Status: Text, FailingStreak: Type.Number({ default: 0 }) }), Type.Null()])),
  }),
  Config: Type.Object({ Image: Text, Tty: Type.Boolean({ default: false }), User: Text }),
  HostConfig: Type.Object({
    LogConfig: Type.Object({ Type: Text }, { default: {} }),
    RestartPolicy: Type.Object({ Name: Text }, { default: {} }),
    NetworkMode: Text,
    Privileged: Type.Boolean({ default: false }),
  }),
  Mounts: Type.Array(
    Type.Object({ Type: Text, Name: Text, Source: Text, Destination: Text, RW: Type.Boolean({ default: true }) }),
    {
      default: [],
    },
  ),
});

/** What the hub may look at. What a container's environment holds (credentials, as a rule) never leaves the host. */
export function showCommands(engine: Engine): readonly Command[] {
  const list = handler({
    id: 'list',
    title: 'List containers',
    effect: 'read',
    timeout: '15s',
    params: Type.Object({ running_only: Type.Boolean({ default: false, description: 'Leave out those that do not run.' }) }),
    result: Type.Object({
      total: Type.Integer(),
      left_out: Type.Integer(),
      containers: Type.Array(
        Type.Object({
          id: Type.String(),
          name: Type.String(),
          image: Type.String(),
          state: Type.String(),
          status: Type.String(),
        }),
      ),
    }),
    run: ({ params, signal }) =>
      asCommand(async () => {
        const listed = await listContainers(engine, params.running_only ? 'all=0' : 'all=1', signal);
        const containers = listed
          .slice(0, MAX_LISTED)
          .map((one) => ({ id: one.Id.slice(0, 12), name: nameOf(one), image: one.Image, state: one.State, status: one.Status }));
        return { total: listed.length, left_out: listed.length - containers.length, containers };
      }),
  });
  const inspect = handler({
    id: 'inspect',
    title: 'Show one container',
    description: 'State, restarts, mounts. Its environment is not told.',
    effect: 'read',
    timeout: '15s',
    params: Type.Object({ container: ContainerParam }),
    result: Inspected,
    run: ({ params, signal }) =>
      asCommand(() => engine.json({ path: `${containerPath(params.container)}/json`, signal }, Inspected)),
  });
  return [list, inspect];
}
