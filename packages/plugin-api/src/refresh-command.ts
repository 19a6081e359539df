import { CommandFailed } from './command-failed.ts';
import type { CollectorDefinition } from './collector.ts';
import { commandDefinition, handler } from './command.ts';
import type { CommandDefinition } from './command.ts';
import { periodMs } from './period.ts';
import { Type } from './schema.ts';

/** The agent's own `<plugin>_refresh` (wire page, 8.8). `notLive` says why the plugin does not run now; undefined: it does. */
export function refreshCommand(
  plugin: string,
  collectors: readonly CollectorDefinition[],
  read: (collector: string) => Promise<unknown>,
  notLive: () => string | undefined,
): CommandDefinition {
  // A cycle that runs already is waited for.
  const timeoutMs = 2 * Math.max(...collectors.map(({ timeout }) => periodMs(timeout ?? '5s'))) + 1_000;
  const refreshOne = async ({ id, refresh }: CollectorDefinition): Promise<string> => {
    let state: unknown;
    try {
      state = await read(id);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw CommandFailed({ reason: 'collection_failed', message }, { cause });
    }
    if (typeof refresh === 'function') return `Refreshed: ${refresh(state)}`;
    return `Refreshed ${collectors.length === 1 ? plugin : `${plugin}.${id}`} state`;
  };
  const command = handler({
    id: 'refresh',
    title: `Read the state of ${plugin} again`,
    effect: 'read',
    params: Type.Object({}),
    timeout: timeoutMs,
    result: Type.String(),
    run: async () => {
      const why = notLive();
      if (why !== undefined)
        throw CommandFailed({ reason: 'not_configured', message: `plugin "${plugin}" is not running: ${why}` });
      return (await Promise.all(collectors.map(refreshOne))).join('\n');
    },
  });
  const definition = commandDefinition(command) as CommandDefinition;
  return Object.freeze({ ...definition, mode: { ...definition.mode, pushes: true } as CommandDefinition['mode'] });
}
