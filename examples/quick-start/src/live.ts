import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { Arguments } from './arguments.ts';
import { agentProgram } from './agent-process.ts';
import { freePorts } from './free-port.ts';
import { withStack } from './stack.ts';
import type { Stack } from './stack.ts';
import type { StateFolder } from './state-folder.ts';

/** Hub and agent until `stop`. */
export async function live(options: Arguments, stop: AbortSignal, say: (text: string) => void): Promise<number> {
  const state = options.state ?? join(process.cwd(), '.stormpulse');
  say(`State: ${state} (kept for the next start; remove the folder to start over)`);
  const choosePorts = () => freePorts(options, say);
  await withStack({ state, choosePorts, program: options.agent, stop, say }, async (stack) => {
    say(await welcome(stack));
    return await new Promise<never>(() => undefined);
  });
  return 0;
}

async function welcome({ hub, folder, agentId, project }: Stack): Promise<string> {
  const pull =
    project === undefined
      ? ''
      : `
  - press "git_pull": the project in ${project.folder} comes from ${project.origin}; commit something there first`;
  const signoff = `node ${word(agentProgram())} signoff`;
  return `
The hub and one agent are running on this machine.

  The live page        ${await hub.ask({ op: 'setup-link' })}
                       (signs this browser in; good once, for 15 minutes)
  Another such link    ${setupCodeLine(folder)}
  Agents dial          ${hub.agentsUrl}/ws/pulse/
  What they log        ${folder.logs.hub}, ${folder.logs.agent}

Try:
  - choose ${agentId} on the page and press "uptime"
  - press "say" and give it --help or $(id): the agent refuses what its pattern does not allow
  - press "follow": what it writes is there while it runs, and "Cancel" ends it
  - press "mark" (it asks for the agent's name); look in ${folder.marks}
  - change ${folder.config} and start again: only what stands there can run${pull}
  - open the hatch for shell text of the hub, start again, and press "run_verify_block"; close it when you have seen enough:
      ${signoff} unseal --config ${word(folder.config)}
      ${signoff} seal --config ${word(folder.config)}
  - npm start -- --once in another terminal shows replayed, altered and misdated frames being refused

Ctrl-C stops both.
`;
}

/** What a person types beside the running hub, in the folder `npm start` was typed in. */
function setupCodeLine(folder: StateFolder): string {
  const hubProgram = join(dirname(createRequire(import.meta.url).resolve('@stormpulse/hub')), 'main.js');
  return `node ${word(hubProgram)} setup-code --state ${word(folder.hub)}`;
}

/** A path as it is typed in a shell, from the folder that this was started in. */
function word(path: string): string {
  const short = relative(process.cwd(), path);
  return /^[\w./@-]+$/u.test(short) ? short : `'${short.replaceAll("'", String.raw`'\''`)}'`;
}
