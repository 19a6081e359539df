import type { Command, PluginContext } from '@stormpulse/sdk';
import { composePsCommand } from './commands/compose-ps.ts';
import { projectCommands } from './commands/compose.ts';
import { execCommands } from './commands/exec.ts';
import { lifecycleCommands } from './commands/lifecycle.ts';
import { logCommands } from './commands/logs.ts';
import { pruneCommand } from './commands/prune.ts';
import { pullCommand } from './commands/pull.ts';
import { showCommands } from './commands/show.ts';
import type { DockerConfig, DockerSection } from './config.ts';
import type { ComposeEnvironment } from './compose-program.ts';
import type { Engine } from './engine/engine.ts';
import { watchEvents } from './event-watch.ts';
import type { Subject } from './event-watch.ts';
import type { Staleness } from './staleness.ts';
import { containersCollector } from './state/containers.ts';
import type { ContainerState } from './state/containers.ts';
import { diskCollector } from './state/disk.ts';
import { EngineStanding } from './state/engine-state.ts';
import { imagesCollector, networksCollector, volumesCollector } from './state/inventory.ts';
import { usageCollector } from './state/usage.ts';
import type { Troubles } from './troubles.ts';

export interface EngineParts {
  readonly section: DockerSection;
  readonly engine: Engine;
  readonly compose: ComposeEnvironment;
  readonly troubles: Troubles;
  /** Of the containers of `[project]`. */
  readonly projectStaleness: Staleness;
}

type Context = Pick<PluginContext<DockerConfig>, 'collectors' | 'lifecycle' | 'health' | 'signal'>;

/** All that `[docker]` gives: the state of the engine, kept by its events, and the commands. */
export function offerEngine({ collectors, lifecycle, health, signal }: Context, parts: EngineParts): readonly Command[] {
  const { section, engine, compose, troubles, projectStaleness } = parts;
  const standing = new EngineStanding();
  let read: readonly ContainerState[] | undefined;

  collectors.register(standing.collector());
  const containers = collectors.register(
    containersCollector(engine, (listed) => {
      read = listed;
    }),
  );
  const running = async (): Promise<readonly ContainerState[]> =>
    (read ?? (await containers.refresh()).containers).filter(({ state }) => state === 'running');
  collectors.register(usageCollector(engine, section.usage_every, running));
  const kept: Readonly<Record<Subject, { changed(): void }>> = {
    container: containers,
    image: collectors.register(imagesCollector(engine)),
    volume: collectors.register(volumesCollector(engine)),
    network: collectors.register(networksCollector(engine)),
  };
  collectors.register(diskCollector(engine, section.disk_every));
  health.probe({
    id: 'engine',
    // Its events tell sooner.
    every: '30m',
    check: async (asked) => void (await engine.text({ path: '/_ping', signal: asked })),
  });

  let listening = new AbortController();
  lifecycle.onStart(async () => {
    listening.abort();
    listening = new AbortController();
    const watch = {
      engine,
      onEvent: (subject: Subject) => {
        kept[subject].changed();
        if (subject === 'container') projectStaleness.mark();
      },
      onUp: (facts: Parameters<EngineStanding['up']>[0]) => {
        standing.up(facts);
        troubles.tell('engine', undefined);
      },
      onHearing: () => {
        troubles.tell('events', undefined);
        projectStaleness.heard(true);
        projectStaleness.mark();
        for (const one of Object.values(kept)) one.changed();
      },
      onDeaf: (reason: string) => {
        projectStaleness.heard(false);
        troubles.tell('events', `events of the engine are not heard: ${reason}`);
      },
      onDown: (reason: string) => {
        standing.down(reason);
        troubles.tell('engine', reason);
      },
    };
    void watchEvents(watch, AbortSignal.any([signal, listening.signal]));
    await Promise.resolve();
  });
  return [
    ...showCommands(engine),
    ...logCommands(engine),
    ...lifecycleCommands(engine, containers),
    pullCommand(engine),
    pruneCommand(engine),
    ...execCommands(engine, section.exec),
    ...projectCommands(section.projects, compose),
    ...Object.entries(section.projects).map(([name, files]) => composePsCommand(name, files, compose)),
  ];
}
