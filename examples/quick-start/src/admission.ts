import { enroll } from './agent-process.ts';
import type { Children } from './child.ts';
import { HubRefused } from './hub-door.ts';
import type { HubProcess } from './hub-process.ts';
import { agentIdOf, enrolledAs, setAside } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';

export interface Admission {
  readonly agentId: string;
  /** Enrolled by this start. */
  readonly fresh: boolean;
}

const NAMES_TRIED = 20;

/** Makes the agent one the hub knows: found enrolled, or enrolled now, also where a half of the state is missing. */
export async function admit(
  children: Children,
  hub: HubProcess,
  folder: StateFolder,
  say: (text: string) => void,
): Promise<Admission> {
  const known = await enrolledAs(folder);
  // The hub gives no token for an agent it knows: that refusal is the answer looked for.
  const token = await tokenFor(hub, known ?? agentIdOf());
  if (known !== undefined && token === undefined) return { agentId: known, fresh: false };
  const kept = await setAside(folder);
  if (kept !== undefined) say(`What the agent held is not whole, or is not of the hub in ${folder.hub}; it is kept as ${kept}.`);
  const grant = token === undefined ? await underAnotherName(hub, agentIdOf()) : { agentId: known ?? agentIdOf(), token };
  if (token === undefined)
    say(`The hub knows an agent ${agentIdOf()} whose credentials are not here; this one gets another name.`);
  say(`Enrolling ${grant.agentId} with a one-time token...`);
  await enroll(children, folder, { ...grant, agentsUrl: hub.agentsUrl });
  return { agentId: grant.agentId, fresh: true };
}

async function underAnotherName(hub: HubProcess, name: string): Promise<{ readonly agentId: string; readonly token: string }> {
  for (let number = 2; number <= NAMES_TRIED; number += 1) {
    const agentId = `${name}-${number}`;
    const token = await tokenFor(hub, agentId);
    if (token !== undefined) return { agentId, token };
  }
  throw new Error(`the hub knows ${NAMES_TRIED} agents named ${name} already; remove the state folder to start over`);
}

/** A one-time token; undefined when the hub knows this agent. */
async function tokenFor(hub: HubProcess, agentId: string): Promise<string | undefined> {
  try {
    return await hub.ask({ op: 'token', agentId });
  } catch (error) {
    if (error instanceof HubRefused && error.code === 'E_STATE') return undefined;
    throw error;
  }
}
