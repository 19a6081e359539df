import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeTable } from '../../config/edit-toml.ts';
import { readRecords } from '../../plugins/grant-records.ts';
import { grantLines } from '../../plugins/asked-and-granted.ts';
import { agreed, differenceLines, subjectLines } from './decide.ts';
import { announce, openToChange, packageOf, replaceConfig } from './plugins-host.ts';
import type { PluginsDeps } from './plugins-host.ts';
import { orphansOf, pruneTrees } from './prune.ts';
import { tellAgent } from './tell-agent.ts';

/** Takes a plugin out of the file, and its code off the disk unless an agent may still run it. Rejects with `E_AGENT_REFUSED`. */
export async function removePlugin(
  config: string,
  name: string,
  options: { readonly yes: boolean },
  deps: PluginsDeps,
): Promise<void> {
  const host = openToChange(config, deps);
  const present = packageOf(host, name);
  const version = readRecords(host.packages, name).find(({ integrity }) => integrity === present.integrity)?.version ?? 'unknown';
  const subject = { name, package: present.package, version, integrity: present.integrity };
  const less = grantLines(present.grants);
  for (const line of [...subjectLines(subject), 'remove', ...differenceLines({ more: [], less })]) deps.print(line);
  await agreed('Remove it?', options.yes, deps);
  announce(host, {
    action: 'remove',
    plugin: name,
    package: present.package,
    version,
    integrity: present.integrity,
    more: [],
    less,
  });
  replaceConfig(host, (text) => removeTable(text, ['plugins', name]), `take [plugins.${name}] out`);
  const isDone = await tellAgent(host, name, host.running === undefined ? { print: () => undefined } : deps);
  rmSync(join(host.packages, name, 'manifests'), { recursive: true, force: true });
  const left = isDone ? pruneTrees(host, name) : orphansOf(host, name);
  deps.print(
    left.length === 0
      ? 'its section and its code are gone; what this host decided about it is kept, so that it stays decided'
      : `its section is gone; restart the agent to unload it (stormpulse restart), then remove ${left.join(' ')}`,
  );
}
