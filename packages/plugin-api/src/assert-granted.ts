import { effectWithin } from './capabilities.ts';
import type { Capabilities } from './capabilities.ts';
import type { Effect } from './command.ts';
import { GrantMissing } from './plugin-errors.ts';

/** What the operator allows a plugin; `'all'`: the presence of a first-party section is its grant (D3). */
export type Grants = Capabilities | 'all';

const LISTS = ['exec', 'http', 'read', 'write'] as const;
const SWITCHES = ['gate', 'consumeLogs'] as const;

/** Checks that everything asked for was granted. Throws `E_GRANT_MISSING` with the TOML to paste. */
export function assertGranted(plugin: string, asked: Capabilities, grants: Grants): void {
  if (grants === 'all') return;
  const missing: string[] = [];
  for (const list of LISTS) {
    const lacking = (asked[list] ?? []).filter((wanted) => !(grants[list] ?? []).includes(wanted));
    if (lacking.length > 0) missing.push(`${list} = ${JSON.stringify([...(grants[list] ?? []), ...lacking])}`);
  }
  const effect: Effect | undefined = asked.commands;
  if (effect !== undefined && !effectWithin(effect, grants.commands)) missing.push(`commands = "${effect}"`);
  for (const name of SWITCHES) if (asked[name] === true && grants[name] !== true) missing.push(`${name} = true`);
  if (missing.length > 0) throw GrantMissing({ plugin, toml: [`[plugins.${plugin}.grants]`, ...missing].join('\n') });
}
