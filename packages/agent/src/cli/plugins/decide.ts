import { Refused } from '../../errors.ts';
import { printable } from '../../host/printable.ts';
import type { GrantDifference } from '../../plugins/asked-and-granted.ts';
import type { PluginsDeps } from './plugins-host.ts';

/** A version of a plugin, as a person is told of it before deciding (SEC-210). */
export interface Subject {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly integrity: string;
}

export function subjectLines({ name, package: from, version, integrity }: Subject): string[] {
  return [`plugin    ${name}`, `package   ${printable(from)} ${printable(version)}`, `digest    ${integrity}`];
}

/** What it would be allowed besides, and what no more. What a plugin calls things is a stranger's text. */
export function differenceLines({ more, less }: GrantDifference): string[] {
  if (more.length === 0 && less.length === 0) return ['          nothing changes in what it may do'];
  return [...more.map((line) => `        + ${printable(line)}`), ...less.map((line) => `        - ${printable(line)}`)];
}

/** Goes on when a person agrees, or agreed beforehand. Rejects with `E_AGENT_REFUSED`. */
export async function agreed(question: string, isYes: boolean, { ask }: Pick<PluginsDeps, 'ask'>): Promise<void> {
  if (isYes || (await ask(question))) return;
  throw Refused({ what: 'not agreed to: nothing was changed' });
}
