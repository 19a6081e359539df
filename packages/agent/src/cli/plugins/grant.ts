import { join } from 'node:path';
import type { PluginPackage, WrittenGrants } from '../../config/plugin-tables.ts';
import { Refused } from '../../errors.ts';
import { difference, grantLines, isGrantWord, union, without } from '../../plugins/asked-and-granted.ts';
import type { GrantDifference } from '../../plugins/asked-and-granted.ts';
import { PluginNotFound, PluginRevoked } from '../../plugins/errors.ts';
import { putRecord, readRecords } from '../../plugins/grant-records.ts';
import type { GrantRecord } from '../../plugins/grant-records.ts';
import { keepManifest, keptManifest } from '../../plugins/kept-manifests.ts';
import { manifestsFolder, treeFolder } from '../../plugins/plugin-folders.ts';
import { agreed, differenceLines, subjectLines } from './decide.ts';
import { deriveInstalled } from './derive.ts';
import { installedFacts } from './installed-facts.ts';
import { announce, openToChange, packageOf, replaceConfig } from './plugins-host.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';
import { pruneTrees } from './prune.ts';
import { sectionToml, withGrants, withSection } from './section.ts';
import { tellAgent } from './tell-agent.ts';

/** Grants what a plugin asks for, and with it the version that waits. Rejects with `E_AGENT_REFUSED`, `E_PLUGIN_*`. */
export async function grantPlugin(
  config: string,
  name: string,
  options: { readonly yes: boolean; readonly until?: string },
  deps: PluginsDeps,
): Promise<void> {
  const host = openToChange(config, deps);
  const present = packageOf(host, name);
  const expiresAt = expiryOf(options.until);
  const record = targetOf(host, present);
  const { integrity } = record;
  const manifest =
    keptManifest([join(host.packages, name, 'manifests'), manifestsFolder(host.loaded.config.databasePath)], {
      ...present,
      integrity,
    }) ?? (await deriveInstalled(host, deps, { ...present, integrity }));
  const grants = union(present.grants, manifest.capabilities);
  const found: GrantDifference = { ...difference(manifest.capabilities, present.grants), less: [] };
  const subject = { name, package: record.package, version: record.version, integrity };
  for (const line of [...subjectLines(subject), 'grant', ...differenceLines(found)]) deps.print(line);
  if (expiresAt !== undefined) deps.print(`          until ${expiresAt}`);
  await agreed('Grant this?', options.yes, deps);
  announce(host, { action: 'grant', plugin: name, package: record.package, version: record.version, integrity, ...found });
  const { agentId } = host.loaded.config;
  const granted: GrantRecord = { ...record, agentId, state: 'granted', at: new Date().toISOString() };
  keepManifest(join(host.packages, name, 'manifests'), { ...present, integrity }, manifest, 0o644);
  putRecord(host.packages, name, expiresAt === undefined ? granted : { ...granted, expiresAt });
  const section = { ...subject, isolation: present.isolation, grants };
  replaceConfig(host, (text) => withSection(text, section), sectionToml(section));
  if (await tellAgent(host, name, deps)) pruneTrees(host, name);
}

/** Takes a plugin's grants away, all or by word. Rejects with `E_AGENT_REFUSED`. */
export async function revokePlugin(
  config: string,
  name: string,
  words: readonly string[],
  options: { readonly yes: boolean },
  deps: PluginsDeps,
): Promise<void> {
  const host = openToChange(config, deps);
  const present = packageOf(host, name);
  const unknown = words.find((word) => !isGrantWord(word));
  if (unknown !== undefined)
    throw Refused({
      what: `"${unknown}" is no grant; expected exec, http, read, write, commands, gate, consumeLogs, or one of a list such as exec=/usr/bin/uptime`,
    });
  const record = recordOf(host, present);
  const left = without(present.grants, words);
  const less = words.length === 0 ? ['all of it'] : taken(present.grants, left);
  const subject = { name, package: record.package, version: record.version, integrity: present.integrity };
  for (const line of [...subjectLines(subject), 'revoke', ...differenceLines({ more: [], less })]) deps.print(line);
  if (words.length > 0 && less.length === 0) throw Refused({ what: 'it is not granted: nothing was changed' });
  await agreed('Revoke this?', options.yes, deps);
  if (words.length === 0) putRecord(host.packages, name, { ...record, state: 'revoked', at: new Date().toISOString() });
  else replaceConfig(host, (text) => withGrants(text, name, left), `change [plugins.${name}.grants]`);
  announce(host, {
    action: 'revoke',
    plugin: name,
    package: record.package,
    version: record.version,
    integrity: present.integrity,
    more: [],
    less,
  });
  if (words.length === 0 && host.running !== undefined) deps.print('the running agent refuses its commands from now on');
  await tellAgent(host, name, deps);
}

function taken(before: WrittenGrants, after: WrittenGrants): string[] {
  const left = grantLines(after);
  return grantLines(before).filter((line) => !left.includes(line));
}

/** The version that waits, else the one of the file. */
function targetOf(host: PluginsHost, present: PluginPackage): GrantRecord {
  const waiting = readRecords(host.packages, present.name).findLast(({ state }) => state === 'waiting');
  const record = waiting ?? recordOf(host, present);
  if (record.state === 'revoked') throw PluginRevoked({ plugin: present.name, version: record.version, at: record.at });
  return record;
}

/** As recorded; of a version that nobody recorded here, what its package says. */
function recordOf(host: PluginsHost, present: PluginPackage): GrantRecord {
  const { name, integrity } = present;
  const known = readRecords(host.packages, name).find((record) => record.integrity === integrity);
  if (known !== undefined) return known;
  const folder = treeFolder(host.packages, name, integrity);
  const facts = installedFacts(folder);
  if (facts === undefined) throw PluginNotFound({ plugin: name, package: present.package, folder });
  const { agentId } = host.loaded.config;
  return { integrity, package: facts.name, version: facts.version, agentId, state: 'waiting', at: new Date().toISOString() };
}

function expiryOf(until: string | undefined): string | undefined {
  if (until === undefined) return undefined;
  const at = Date.parse(until);
  if (at > Date.now()) return new Date(at).toISOString();
  throw Refused({ what: `--until ${until}: expected a time to come, such as 2027-03-04 or 2027-03-04T05:06:07Z` });
}
