import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AgentConfig } from '../config/agent-config.ts';
import { firstPartyModule } from '../config/first-party.ts';

/** How the hatch of a host stands, as its plugin reads the files. */
export type HatchState =
  | { readonly sealed: true; readonly why: string }
  | { readonly sealed: false; readonly unsealedSince: string | null; readonly opening: Opening };

export interface Opening {
  /** Unix milliseconds. */
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly by: string;
  readonly why: string;
}

/** What the command line needs of the plugin `signoff`, whose module gives it. */
export interface HatchFiles {
  readonly record: string;
  state(): HatchState;
  /** Throws what the file system says. */
  open(opening: { readonly by: string; readonly why: string; readonly forMs: number }): Opening;
  close(): void;
}

interface SignoffModule {
  readonly hatchOf: (config: object, agentUid: number) => HatchFiles;
}

/** The hatch of the host whose file this is, looked at as its agent looks at it. */
export async function hatchOf(config: AgentConfig): Promise<HatchFiles> {
  const { hatchOf: make } = (await firstPartyModule('signoff')) as unknown as SignoffModule;
  return make(signoffSection(config), agentUid(config));
}

/** Who the agent runs as: the state folder is its own. */
export function agentUid({ databasePath }: AgentConfig): number {
  return statSync(dirname(databasePath), { throwIfNoEntry: false })?.uid ?? process.geteuid?.() ?? -1;
}

/** `[signoff] accept_same_user`. */
export function acceptsSameUser(config: AgentConfig): boolean {
  const { signoff } = signoffSection(config) as { readonly signoff?: { readonly accept_same_user?: unknown } };
  return signoff?.accept_same_user === true;
}

function signoffSection({ plugins }: AgentConfig): object {
  return plugins.find(({ name }) => name === 'signoff')?.config ?? {};
}
