import { existsSync } from 'node:fs';
import { admit } from './admission.ts';
import { startAgent } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { writeAgentConfig } from './agent-config.ts';
import { createChildren } from './child.ts';
import type { Children } from './child.ts';
import { isEngineHere } from './container-engine.ts';
import { openProject } from './demo-project.ts';
import type { DemoProject } from './demo-project.ts';
import { startHub } from './hub-process.ts';
import type { HubProcess } from './hub-process.ts';
import { takeRunLock } from './run-lock.ts';
import type { RunLock } from './run-lock.ts';
import { openStateFolder } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { unlessStopped } from './stop-signal.ts';
import { until, untilFloorPassed } from './until.ts';

/** A hub and an agent that is connected to it and takes commands. */
export interface Stack {
  readonly hub: HubProcess;
  readonly agent: AgentProcess;
  readonly folder: StateFolder;
  readonly agentId: string;
  /** Undefined on a machine without git. */
  readonly project: DemoProject | undefined;
  /** From the agent's start to its registration. */
  readonly registeredMs: number;
  /** Resolves when the agent has stopped, started, and reached the hub again. */
  restartAgent(): Promise<void>;
}

export interface StackOptions {
  readonly state: string;
  /** Asked once the folder is this start's. */
  readonly choosePorts: () => Promise<{ readonly agents: number; readonly people: number }>;
  readonly program: string | undefined;
  readonly stop: AbortSignal;
  readonly say: (text: string) => void;
}

const CONNECT_MS = 20_000;

/** Starts both, gives them to `use`, and ends both. Undefined when `stop` came first. Rejects when either ends by itself. */
export async function withStack<T>(options: StackOptions, use: (stack: Stack) => Promise<T>): Promise<T | undefined> {
  const { program, say, stop } = options;
  if (program !== undefined && !existsSync(program)) throw new Error(`--agent ${program}: there is no such file`);
  const folder = await openStateFolder(options.state);
  const lock = await takeRunLock(folder.root, say);
  const children = createChildren();
  try {
    return await unlessStopped(
      stop,
      startStack(options, folder, children, lock).then((stack) => Promise.race([use(stack), stack.hub.died, stack.agent.died])),
    );
  } finally {
    if (stop.aborted) say('Stopping...');
    await children.stop();
    await lock.release();
  }
}

async function startStack(options: StackOptions, folder: StateFolder, children: Children, lock: RunLock): Promise<Stack> {
  const { program, say } = options;
  const hub = await startHub(children, folder, await options.choosePorts());
  await lock.note(hub.pid);
  const { agentId, fresh } = await Promise.race([admit(children, hub, folder, say), hub.died]);
  const project = await openProject(folder.root);
  const facts = { agentId, agentsUrl: hub.agentsUrl, project, engine: await isEngineHere() };
  for (const line of await writeAgentConfig(folder, facts)) say(line);
  const allowRoot = process.getuid?.() === 0;
  if (allowRoot) say('You are root, so the agent gets --allow-root. On a real host give it a user of its own.');
  const startedAt = performance.now();
  const agent = startAgent(children, folder, { allowRoot, program });
  await lock.note(agent.pid);
  const connected = async (wanted: 'yes' | 'no'): Promise<void> => {
    const what = wanted === 'yes' ? 'the agent reaching the hub' : 'the agent leaving the hub';
    const seen = until(what, CONNECT_MS, async () =>
      (await hub.ask({ op: 'connected', agentId })) === wanted ? true : undefined,
    );
    await Promise.race([seen, agent.died, hub.died]);
  };
  await connected('yes');
  const registeredMs = Math.round(performance.now() - startedAt);
  if (fresh) {
    say('It is there. A new agent takes no command in its first 5 seconds, so that none of an earlier life counts...');
    await Promise.race([untilFloorPassed(startedAt + registeredMs), agent.died, hub.died]);
  }
  const restartAgent = async (): Promise<void> => {
    await agent.stop();
    await connected('no');
    agent.start();
    await lock.note(agent.pid);
    await connected('yes');
  };
  return { hub, agent, folder, agentId, project, registeredMs, restartAgent };
}
