import { watch } from 'node:fs';
import { API_VERSION, definePlugin } from '@stormpulse/sdk';
import { blocks } from './blocks.ts';
import { ConfigSchema } from './config.ts';
import type { SignoffConfig } from './config.ts';
import { HatchGuard } from './guard.ts';
import { Hatch } from './hatch.ts';
import { hatchCollector } from './hatch-collector.ts';
import { sealWizard } from './wizard.ts';

/** v1 looks this often (wire page, 9.5). */
const EVERY_MS = 5_000;

/** The hatch that a configuration is about, for the agent and for its command line; `agentUid` is the user the agent runs as. */
export function hatchOf({ signoff, state_folder }: SignoffConfig, agentUid: number): Hatch {
  return new Hatch({ folder: state_folder, agentUid, acceptSameUser: signoff?.accept_same_user === true });
}

/** v1's hatch: shell blocks of the hub, only while the operator of the host has opened it on the host (SEC-150 to 157). */
export default definePlugin({
  name: 'signoff',
  version: '0.1.0',
  apiVersion: API_VERSION,
  description: 'The hatch of this host: shell blocks of the hub, only while its operator has opened it.',
  configSchema: ConfigSchema,
  capabilities: ({ state_folder }) => ({
    exec: ['/bin/bash'],
    commands: 'destructive',
    gate: true,
    read: [state_folder],
    write: [state_folder],
  }),
  setup({ config, commands, collectors, events, lifecycle, logger, wizard }) {
    const hatch = hatchOf(config, process.geteuid?.() ?? -1);
    const guard = new HatchGuard({ hatch, letRunningFinish: config.signoff?.let_running_finish === true, events, logger });
    const state = collectors.register(hatchCollector(guard, logger));
    commands.gate(guard.gate);
    commands.register(...blocks());
    wizard.register(sealWizard(hatch));
    lifecycle.onStart(async () => {
      guard.begin();
      const { sealed } = await state.refresh();
      const look = (): void =>
        void state.refresh().catch((error: unknown) => logger.debug({ err: error }, 'the hatch was not looked at'));
      let closely: NodeJS.Timeout | undefined;
      const lookClosely = (): void => {
        closely ??= setInterval(look, EVERY_MS).unref();
        // Closing ends what runs, and that waits for no reading that is under way.
        guard.look();
        look();
      };
      lifecycle.defer(() => clearInterval(closely));
      if (!sealed) lookClosely();
      // A host whose hatch stays closed is not woken for it.
      try {
        const watcher = watch(sealed ? hatch.flag : hatch.record, { persistent: false }, lookClosely);
        watcher.on('error', () => watcher.close());
        lifecycle.defer(() => watcher.close());
      } catch (error) {
        logger.warn({ err: error }, 'the files of the hatch cannot be watched; they are looked at every five seconds');
        lookClosely();
      }
    });
  },
});
