import type { CaseFile, Window } from './case-file.ts';
import { investigateBox } from './box.ts';
import { investigateFlaps } from './flaps.ts';
import { investigateLogsPipeline } from './logs-pipeline.ts';
import type { Outside } from './outside.ts';

/** One question that can be asked of a host; `receipt` is the kind of incident that it was made for. It reads and judges; it changes nothing and asks nobody. */
export interface Investigation {
  readonly name: string;
  readonly title: string;
  readonly receipt: string;
  readonly look: (
    outside: Outside,
    window: Window,
    configPath: string,
  ) => Promise<Pick<CaseFile, 'reports' | 'nextMoves' | 'openQuestions'>>;
}

export const INVESTIGATIONS: readonly Investigation[] = [
  {
    name: 'flaps',
    title: 'Why the connection to the hub comes and goes',
    receipt:
      'hosts that reconnect over and over: the network, the agent or its work can be the cause, and each looks the same from the hub',
    look: investigateFlaps,
  },
  {
    name: 'box',
    title: 'Whether the machine itself is to blame',
    receipt: 'agents that are blamed for gaps which the disk, a neighbour or a nightly upgrade of the machine made',
    look: investigateBox,
  },
  {
    name: 'logs-pipeline',
    title: 'Whether what is logged here reaches the hub',
    receipt: 'log groups that ship nothing, because the source is quiet, unread, or its parser understands no line of it',
    look: investigateLogsPipeline,
  },
];

/** Undefined: there is none of this name. */
export function findInvestigation(name: string): Investigation | undefined {
  return INVESTIGATIONS.find((investigation) => investigation.name === name);
}

export async function investigate(
  { name, title, receipt, look }: Investigation,
  window: Window,
  configPath: string,
  outside: Outside,
): Promise<CaseFile> {
  return { investigation: name, title, receipt, window, ...(await look(outside, window, configPath)) };
}
