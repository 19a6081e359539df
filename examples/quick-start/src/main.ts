import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enroll, startAgent } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { HELP, readArguments } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { freePort } from './free-port.ts';
import { startHub } from './hub-process.ts';
import type { HubProcess } from './hub-process.ts';
import { signIn } from './people-api.ts';
import { STEPS } from './rehearsal.ts';
import { openStateFolder, writeAgentConfig } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { untilFloorPassed } from './until.ts';

const out = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

interface Running {
  readonly hub: HubProcess;
  readonly agent: AgentProcess;
  readonly folder: StateFolder;
  readonly agentStartedAt: number;
  stop(): Promise<void>;
}

async function startBoth(
  folder: StateFolder,
  ports: { readonly agents: number; readonly people: number },
  program: string | undefined,
): Promise<Running> {
  const allowRoot = process.getuid?.() === 0;
  const hub = await startHub(folder.hub, ports);
  try {
    if (!folder.enrolled) {
      out(`Enrolling ${folder.agentId} with a one-time token…`);
      await enroll(folder, hub.agentsUrl, await hub.ask({ op: 'token', agentId: folder.agentId }));
    }
    await writeAgentConfig(folder, hub.agentsUrl);
    if (allowRoot) out('You are root, so the agent gets --allow-root. On a real host give it a user of its own.');
    const agentStartedAt = performance.now();
    const agent = startAgent(folder, { allowRoot, program });
    const stop = async (): Promise<void> => {
      await agent.stop();
      await hub.stop();
    };
    return { hub, agent, folder, agentStartedAt, stop };
  } catch (error) {
    await hub.stop();
    throw error;
  }
}

/** The whole pass on its own ports and in a folder of its own, so that it neither meets nor disturbs a running `npm start`. */
async function once(options: Arguments): Promise<number> {
  const root = await mkdtemp(join(tmpdir(), 'stormpulse-once-'));
  out(`State of this pass: ${root}`);
  const running = await startBoth(await openStateFolder(root), { agents: 0, people: 0 }, options.agent);
  const failures: string[] = [];
  try {
    const api = await signIn(await running.hub.ask({ op: 'setup-link' }));
    const stage = { ...running, api, agentPid: running.agent.pid };
    for (const [index, step] of STEPS.entries()) {
      const label = `${String(index + 1).padStart(2)}. ${step.title}`;
      try {
        const shown = await Promise.race([step.show(stage), running.hub.died, running.agent.died]);
        out(`  ok   ${label}\n          ${shown}`);
      } catch (error) {
        failures.push(step.title);
        out(`  MISS ${label}\n          ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await running.stop();
  }
  if (failures.length > 0) {
    out(
      `\n${failures.length} of ${STEPS.length} did not hold:\n${failures.map((title) => `  - ${title}`).join('\n')}\nThe state is kept in ${root}`,
    );
    return 1;
  }
  await rm(root, { recursive: true, force: true });
  out(`\nAll ${STEPS.length} steps held.`);
  return 0;
}

async function live(options: Arguments): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const ports = { agents: await freePort(options.agentsPort), people: await freePort(options.peoplePort) };
  if (ports.agents !== options.agentsPort)
    out(`Port ${options.agentsPort} is busy; agents get ${ports.agents} (choose one with --agents-port).`);
  if (ports.people !== options.peoplePort)
    out(`Port ${options.peoplePort} is busy; people get ${ports.people} (choose one with --people-port).`);
  const folder = await openStateFolder(options.state);
  out(`State: ${folder.root}${folder.enrolled ? ' (found, used again)' : ' (new; remove the folder to start over)'}`);
  const running = await startBoth(folder, ports, options.agent);
  let code = 0;
  try {
    // A new agent takes its first commands a few seconds after its start; what is printed should work at once.
    if (!folder.enrolled)
      await Promise.race([stopped, untilFloorPassed(running.agentStartedAt), running.hub.died, running.agent.died]);
    out(await welcome(running));
    await Promise.race([stopped, running.hub.died, running.agent.died]);
  } catch (error) {
    out(error instanceof Error ? error.message : String(error));
    code = 1;
  }
  out('Stopping…');
  await running.stop();
  return code;
}

async function welcome({ hub, folder }: Running): Promise<string> {
  return `
The hub and one agent are running on this machine.

  The live page        ${await hub.ask({ op: 'setup-link' })}
                       (signs this browser in; good once, for 15 minutes)
  Agents dial          ${hub.agentsUrl}/ws/pulse/

Try:
  - choose ${folder.agentId} on the page and press "uptime"
  - press "say" and give it --help or $(id): the agent refuses what its pattern does not allow
  - press "mark" (it asks for the agent's name); look in ${folder.marks}
  - edit ${folder.config}: only what stands there can run
  - npm start -- --once shows replayed, altered and misdated frames being refused

Ctrl-C stops both.
`;
}

try {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else process.exitCode = await (options.once ? once(options) : live(options));
} catch (error) {
  process.stderr.write(`stormpulse: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
