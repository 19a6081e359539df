import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeTable } from '../../config/edit-toml.ts';
import { readRecords } from '../../plugins/grant-records.ts';
import { grantLines } from '../../plugins/asked-and-granted.ts';
import { treeFolder } from '../../plugins/plugin-folders.ts';
import { agreed, differenceLines, subjectLines } from './decide.ts';
import { announce, openToChange, packageOf, replaceConfig } from './plugins-host.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';

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
  if (host.running === undefined) {
    removeTrees(host, name);
    deps.print('its section and its code are gone; what this host decided about it is kept, so that it stays decided');
  } else {
    deps.print(
      `its section is gone; restart the agent to unload it (stormpulse restart), then remove ${treeFolder(host.packages, name, present.integrity)}`,
    );
  }
}

function removeTrees({ packages }: PluginsHost, name: string): void {
  for (const entry of readdirSync(join(packages, name)).filter((file) => file !== 'grants.json'))
    rmSync(join(packages, name, entry), { recursive: true, force: true });
}
