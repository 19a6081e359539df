import { join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { freePort } from './free-port.ts';
import { withStack } from './stack.ts';
import type { Stack } from './stack.ts';

/** Hub and agent until `stop`. */
export async function live(options: Arguments, stop: AbortSignal, say: (text: string) => void): Promise<number> {
  const state = options.state ?? join(process.cwd(), '.stormpulse');
  say(`State: ${state} (kept for the next start; remove the folder to start over)`);
  const agents = await freePort(options.agentsPort);
  const people = await freePort(options.peoplePort);
  if (agents.why !== undefined)
    say(`Port ${options.agentsPort} ${agents.why}; agents get ${agents.port} (choose one with --agents-port).`);
  if (people.why !== undefined)
    say(`Port ${options.peoplePort} ${people.why}; people get ${people.port} (choose one with --people-port).`);
  const ports = { agents: agents.port, people: people.port };
  await withStack({ state, ports, program: options.agent, stop, say }, async (stack) => {
    say(await welcome(stack));
    return await new Promise<never>(() => undefined);
  });
  return 0;
}

async function welcome({ hub, folder, agentId }: Stack): Promise<string> {
  return `
The hub and one agent are running on this machine.

  The live page        ${await hub.ask({ op: 'setup-link' })}
                       (signs this browser in; good once, for 15 minutes)
  Agents dial          ${hub.agentsUrl}/ws/pulse/

Try:
  - choose ${agentId} on the page and press "uptime"
  - press "say" and give it --help or $(id): the agent refuses what its pattern does not allow
  - press "mark" (it asks for the agent's name); look in ${folder.marks}
  - change ${folder.config} and start again: only what stands there can run
  - npm start -- --once in another terminal shows replayed, altered and misdated frames being refused

Ctrl-C stops both.
`;
}
